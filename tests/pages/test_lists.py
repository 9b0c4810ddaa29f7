"""Every list asks the database as many questions for thirty rows as for one.

The county of another city has one post to begin with; :func:`grow` gives it as many as a test
wants, each with what the list shows. The numbers are literal: one more question is a decision.
"""

import datetime as dt
import uuid
from types import SimpleNamespace

import pytest
from battery import share
from days import last_year, today
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from world import fill, of, seat

from federation import grants, tree
from federation.models import (
    Appointment,
    HookUpLink,
    OrgUnit,
    Post,
    SavedQuery,
    UnitType,
    User,
)
from notices.models import Attachment, Contact, Duty, Notice, NoticeReceipt, NoticeState
from pairing import callbacks, rules
from pairing import code_lists as pair_kinds
from pairing.models import (
    CallbackResult,
    CallbackSample,
    ContactLog,
    LogKind,
    Pairing,
    PairingEvent,
    PairKind,
    QuarantinedLog,
    SupportLine,
    Term,
    TypicalCase,
)
from registry import code_lists
from registry.models import (
    DuplicatePair,
    Enrolment,
    Helper,
    Household,
    Need,
    Person,
    Programme,
    RegisterBook,
    Relation,
    Transfer,
)
from reporting import actions, annexes, consolidation, workflow
from reporting.models import CellChange, IncomingBatch, IncomingFile, Job, Submission, SubmissionRow
from reporting.models.jobs import JobState

ASKED = {"opened_on": dt.date(2014, 4, 24), "due_on": dt.date(2014, 5, 25)}


@pytest.fixture
def desk(org, people, client):
    """The other city with its one county and one post; the county's clerk is ``looking``."""
    clerk = seat(org, "clerk", "other_county", "officer")
    leader = seat(org, "north", "other_city", "vice_chair")
    poster = seat(org, "poster", "other_post", "post_leader")
    calls = {
        code: actions.open_collection(
            annexes.get(code), period="2014", issuer=org.other_city, **ASKED
        )
        for code in ("pairing-intent", "pairing-summary")
    }
    return SimpleNamespace(
        org=org, calls=calls, client=client,
        clerk=clerk, leader=leader, poster=poster, looking=clerk,
    )  # fmt: skip


def new_posts(desk, count: int) -> list[OrgUnit]:
    """``count - 1`` more posts in the county, so that it has ``count``, each with its 附件1."""
    made = [
        OrgUnit(
            name=f"城北区演示第{number}营业厅",
            short_name=f"第{number}营业厅",
            unit_type=desk.org.other_post.unit_type,
            post_level=desk.org.other_post.post_level,
        )
        for number in range(2, count + 1)
    ]
    tree.graft([(desk.org.other_county, unit) for unit in made])
    call = desk.calls["pairing-intent"]
    actions.open_collection(call.form, period="2014", issuer=desk.org.other_city, **ASKED)
    return list(OrgUnit.objects.below(desk.org.other_county).filter(unit_type__group="post"))


def submissions(units):
    return Submission.objects.unscoped(reason="a test sets the stage").filter(
        unit__in=units, annex="pairing-intent"
    )


def rows_of(found):
    return SubmissionRow.objects.unscoped(reason="a test sets the stage").filter(
        submission__in=found
    )


def reported(desk, units, state="submitted", review="pending") -> None:
    """What the posts sent stands at ``state``; the first is filled in earnest."""
    fill(desk.org.other_post, desk.poster)
    first = of(desk.org.other_post).only_row
    found = submissions(units)
    # The rows first: what is approved takes no other words, not even from a test.
    rows_of(found).update(values=first.values, review=review, search_text=first.search_text)
    found.update(
        state=state,
        submitted_by=desk.poster,
        submitted_at=timezone.now(),
        first_submitted_on="2014-05-30",
        approved_at=timezone.now() if state in {"approved", "consolidated"} else None,
    )


def filled_table(desk, units) -> Submission:
    """The county's 附件2 with a row from every post, each corrected once."""
    reported(desk, units, state="approved", review="approved")
    table = of(desk.org.other_county, "pairing-summary")
    consolidation.refresh(table, by=desk.clerk)
    CellChange.objects.bulk_create(
        CellChange(
            row=row, key="village", kind="correction", before="甲", after="乙", by=desk.clerk
        )
        for row in rows_of([table])
    )
    return of(desk.org.other_county, "pairing-summary")


# -- What there are one or thirty of ---------------------------------------------------------------
def drafts(desk, count):
    new_posts(desk, count)


def waiting(desk, count):
    reported(desk, new_posts(desk, count))


def tabled(desk, count):
    filled_table(desk, new_posts(desk, count))


def reported_table(desk, count):
    table = filled_table(desk, new_posts(desk, count))
    workflow.perform("submit", submission=table, actor=desk.clerk)
    desk.looking = desk.leader


def reported_tables(desk, count):
    """As many counties, each with a table of one row."""
    reported_table(desk, 1)
    kind = UnitType.objects.get(code="county_federation")
    made = [
        OrgUnit(name=f"演示第{n}区妇联", short_name=f"第{n}区", unit_type=kind)
        for n in range(2, count + 1)
    ]
    tree.graft([(desk.org.other_city, unit) for unit in made])
    call = desk.calls["pairing-summary"]
    actions.open_collection(call.form, period="2014", issuer=desk.org.other_city, **ASKED)
    values = of(desk.org.other_county, "pairing-summary").rows.first().values
    everyone = Submission.objects.unscoped(reason="a test sets the stage")
    others = everyone.filter(unit__in=made, annex="pairing-summary")
    SubmissionRow.objects.bulk_create(
        SubmissionRow(submission=s, position=1, values=values, review="pending") for s in others
    )
    others.update(state="submitted", submitted_by=desk.clerk, first_submitted_on="2014-05-20")


def calls(desk, count):
    """As many calls of past years, each answered by one county and one post."""
    new_posts(desk, 1)
    for year in range(1985, 1985 + count - 1):
        for code in ("pairing-intent", "pairing-summary"):
            actions.open_collection(
                annexes.get(code), period=str(year), issuer=desk.org.other_city, **ASKED
            )
    desk.looking = desk.leader


def jobs(desk, count, state=JobState.FAILED):
    Job.objects.bulk_create(
        Job(
            kind="annex_export",
            requester=desk.clerk,
            unit=desk.org.other_county,
            params={"annex": "pairing-summary", "period": "2014", "only": ""},
            dedupe_key=f"annex_export:{number}",
            state=state,
            error="没有已报的附件。" if state == JobState.FAILED else "",
        )
        for number in range(count)
    )


def running_jobs(desk, count):
    """工作台 shows only what is under way."""
    jobs(desk, count, state=JobState.QUEUED)


def villages(desk, count):
    kind = UnitType.objects.get(code="village_federation")
    made = [
        OrgUnit(name=f"演示第{n}村妇联", short_name=f"第{n}村", unit_type=kind)
        for n in range(count)
    ]
    tree.graft([(desk.org.other_county, unit) for unit in made])


def linked(desk, count):
    """A department answering for as many counties; its officer holds a grant for each."""
    kind = UnitType.objects.get(code="county_federation")
    made = [
        OrgUnit(name=f"演示第{n}区妇联", short_name=f"第{n}区", unit_type=kind)
        for n in range(count)
    ]
    tree.graft([(desk.org.other_city, unit) for unit in made])
    HookUpLink.objects.bulk_create(
        HookUpLink(
            department=desk.org.department,
            unit=unit,
            kind="receiving",
            starts_on=ASKED["opened_on"],
        )
        for unit in OrgUnit.objects.filter(name__startswith="演示第")
    )
    officer = seat(desk.org, "linked", "department", "department_officer")
    grants.derive(officer)
    desk.looking = officer


def queries(desk, count):
    SavedQuery.objects.bulk_create(
        SavedQuery(user=desk.clerk, page="units", name=f"查询{n}", query="q=a")
        for n in range(count)
    )


def accounts(desk, count):
    """As many clerks in the one county, each with two seats, for its administrator to list."""
    kind = UnitType.objects.get(code="civilized_post")
    unit = tree.add(desk.org.other_county, OrgUnit(name="演示岗", short_name="岗", unit_type=kind))
    made = User.objects.bulk_create(
        User(username=f"clerk{n}", display_name=f"陈演{n}", pinyin=f"chenyan{n}")
        for n in range(count)
    )
    posts = {post.code: post for post in Post.objects.all()}
    Appointment.objects.bulk_create(
        Appointment(user=user, unit=seat, post=posts[post], starts_on=ASKED["opened_on"])
        for user in made
        for seat, post in ((desk.org.other_county, "officer"), (unit, "post_leader"))
    )
    desk.looking = seat(desk.org, "admin", "other_county", "system_admin")


def seats(desk, count):
    """One clerk who has been in as many posts."""
    accounts(desk, 1)
    user = User.objects.get(username="clerk0")
    Appointment.objects.bulk_create(
        Appointment(
            user=user, unit=desk.org.other_county, post=user.appointments.first().post,
            starts_on=dt.date(1980 + n, 1, 1), ends_on=dt.date(1980 + n, 12, 31),
        )
        for n in range(count)
    )  # fmt: skip


def record_of(desk, act="") -> str:
    return f"/accounts/{User.objects.get(username='clerk0').uuid}/{act}"


def returned_cells(desk, count):
    """A table sent back with a reason on every row."""
    reported_table(desk, count)
    table = of(desk.org.other_county, "pairing-summary")
    cells = [workflow.Cell(str(row.uuid), "village", "请核对") for row in table.rows.all()]
    workflow.perform("return", submission=table, actor=desk.leader, cells=cells)
    desk.looking = desk.clerk


def notices(desk, count):
    """As many notices of the city, each received and not signed for by its one county."""
    made = Notice.objects.unscoped(reason="a test sets the stage").bulk_create(
        Notice(title=f"通知{n}", doc_number=f"北妇〔2014〕{n + 1}号", issuer=desk.org.other_city,
               issue_date=ASKED["opened_on"], state=NoticeState.PUBLISHED)
        for n in range(count)
    )  # fmt: skip
    NoticeReceipt.objects.unscoped(reason="a test sets the stage").bulk_create(
        NoticeReceipt(notice=notice, unit=desk.org.other_county, role="main") for notice in made
    )


def received(desk, count):
    """One notice with as many duties, attachments, contacts and receivers."""
    notices(desk, 1)
    notice = the_notice()
    kind = UnitType.objects.get(code="county_federation")
    made = [
        OrgUnit(name=f"演示第{n}区妇联", short_name=f"第{n}区", unit_type=kind)
        for n in range(count)
    ]
    tree.graft([(desk.org.other_city, unit) for unit in made])
    NoticeReceipt.objects.unscoped(reason="a test sets the stage").bulk_create(
        NoticeReceipt(notice=notice, unit=unit, role="main", signed_at=timezone.now(),
                      signed_by=desk.clerk)
        for unit in made
    )  # fmt: skip
    Duty.objects.bulk_create(
        Duty(notice=notice, code=f"d{n}", title=f"事项{n}", deliverable="narrative", cycle="month",
             due_rule={"kind": "end_of_period"}, owed_by={"rule": "recipients"})
        for n in range(count)
    )  # fmt: skip
    Attachment.objects.bulk_create(Attachment(notice=notice, title=f"表{n}") for n in range(count))
    Contact.objects.bulk_create(Contact(notice=notice, name=f"陈演{n}") for n in range(count))
    desk.looking = desk.leader


def the_notice() -> Notice:
    return Notice.objects.unscoped(reason="a test looks at it").get(title="通知0")


def mailed(desk, count):
    """A batch of the county with as many files, none of them read yet."""
    batch = IncomingBatch.objects.create(
        collection=desk.calls["pairing-summary"], unit=desk.org.other_county, by=desk.clerk,
        sender=desk.org.other_county, received_on=ASKED["opened_on"],
    )  # fmt: skip
    IncomingFile.objects.unscoped(reason="a test sets the stage").bulk_create(
        IncomingFile(
            batch=batch, collection=batch.collection, position=n, place=batch.unit, unit=batch.unit,
            name=f"第{n}份.xlsx", file=uuid.uuid4(), size=9000, sha256=f"{n:064}", state="ready",
            proposed="original", records=3,
        )
        for n in range(1, count + 1)
    )  # fmt: skip


def the_batch(desk) -> str:
    batch = IncomingBatch.objects.unscoped(reason="a test looks at it").get()
    return f"/incoming/batches/{batch.uuid}/"


def archives(desk, count):
    """As many women of the county, each with two programmes, a need and a relation."""
    code_lists.load()
    programmes = Programme.objects.filter(code__in=("poor_woman", "left_behind_woman"))
    for n in range(count):
        person = Person(unit=desk.org.other_county, name=f"林演第{n}", born_on="1984-05-01")
        person.save()
        for programme in programmes:
            Enrolment(person=person, programme=programme, starts_on="2014-05-01").save()
        Need(person=person, category="training", text="学习", opened_on="2014-05-01").save()
        for kind in ("spouse", "parent"):
            Relation(person=person, kind=kind, name=f"陈演第{n}", phone=f"1690000{n:04}").save()


def paired(desk, count):
    """As many women, each with a helper of her own."""
    archives(desk, count)
    pair_kinds.load()
    kind = PairKind.objects.get(code="cadre_woman")
    for n, person in enumerate(Person.objects.unscoped(reason="a test sets the stage")):
        helper = Helper(unit=desk.org.other_county, role="volunteer", name=f"沈演第{n}")
        helper.save()
        Pairing(
            kind=kind, unit=helper.unit, helper=helper, recipient_unit=person.unit, person=person,
            recipient_is="person",
        ).save()  # fmt: skip


def put_aside(desk, count):
    """As many logs from phones, each of another pair."""
    paired(desk, count)
    for pair in Pairing.objects.unscoped(reason="a test sets the stage"):
        late = {"kind": "contact", "on": "2014-05-30"}
        QuarantinedLog(key=pair.uuid, pairing=pair, by=desk.poster, body=late, why="演示").save()


def running(desk, count):
    """The same in their second year, never contacted."""
    paired(desk, count)
    everyone = Pairing.objects.unscoped(reason="a test sets the stage")
    everyone.update(state="active")
    for pair in everyone:
        Term(pairing=pair, starts_on=dt.date(last_year(), 1, 1)).save()
        rules.refresh(pair)


def rung(desk, count):
    """As many logs of last month drawn for a call."""
    running(desk, count)
    month = callbacks.month_before(today())
    sample = CallbackSample(
        unit=desk.org.other_county, month=month, percent=5, seed=1, logs_in_all=count
    )
    sample.save()
    kind = LogKind.objects.get(code="contact")
    for pair in Pairing.objects.unscoped(reason="a test sets the stage"):
        log = ContactLog(pairing=pair, kind=kind, on=month, by=desk.leader)
        log.save()
        CallbackResult(sample=sample, pairing=pair, log=log).save()


def unpaired(desk, count):
    """As many villages without a pair, and the one post to choose for."""
    villages(desk, count)
    pair_kinds.load()


def logged(desk, count):
    """As many contacts of one pair, each with what was given."""
    paired(desk, 1)
    pair = Pairing.objects.unscoped(reason="a test sets the stage").get()
    kind = LogKind.objects.get(code="condolence_visit")
    for n in range(count):
        on = dt.date(2014, 5, 1) + dt.timedelta(days=n)
        log = ContactLog(pairing=pair, kind=kind, on=on, by=desk.clerk, summary=f"送大米第{n}次")
        log.save()
        SupportLine(pairing=pair, log=log, kind="goods", name="大米", value=100).save()


def the_pair() -> str:
    return f"/pairs/{Pairing.objects.unscoped(reason='a test looks').get().uuid}/"


def active(desk, count):
    """As many pairs, under way."""
    paired(desk, count)
    for pair in Pairing.objects.unscoped(reason="a test sets the stage"):
        Term(pairing=pair, starts_on=dt.date(2014, 1, 1)).save()


def told_of(desk, count):
    """As many cases of the clerk's county."""
    for n in range(count):
        TypicalCase(
            unit=desk.org.other_county, title=f"做法{n}", text="内容", written_by=desk.clerk
        ).save()


def a_long_pair(desk, count):
    """One pair with as many renewals and steps in its history."""
    paired(desk, 1)
    pair = Pairing.objects.unscoped(reason="a test sets the stage").get()
    for year in range(1990, 1990 + count):
        Term(pairing=pair, starts_on=f"{year}-01-01", ends_on=f"{year}-12-31").save()
        PairingEvent(pairing=pair, act="renew", by=desk.clerk, detail={"year": year}).save()


def related(desk, count):
    """One woman with as many relations, needs and members of her household."""
    archives(desk, count)
    everyone = Person.objects.unscoped(reason="a test sets the stage")
    woman = everyone.first()
    home = Household(unit=woman.unit)
    home.save()
    everyone.update(household=home)
    for model in (Relation, Need):
        model.objects.unscoped(reason="a test sets the stage").update(person=woman)


def unverified(desk, count):
    """As many that nobody has looked at for years."""
    archives(desk, count)
    everyone = Person.objects.unscoped(reason="a test sets the stage")
    everyone.update(verified_on="2014-05-01")


def offered(desk, count):
    """As many on their way to the other city."""
    archives(desk, count)
    for person in Person.objects.unscoped(reason="a test sets the stage"):
        Transfer(
            person=person, unit=person.unit, to_unit=desk.org.other_city, effective_on="2099-01-01",
            reason="随迁", offered_by=desk.clerk,
        ).save()  # fmt: skip


def alike(desk, count):
    """As many that may be the same as one more."""
    archives(desk, count + 1)
    first, *others = Person.objects.unscoped(reason="a test sets the stage").order_by("pk")
    for other in others:
        DuplicatePair(unit=other.unit, low=first, high=other, why="near", points=80).save()


def kept_books(desk, count):
    """As many years of one register."""
    code_lists.load()
    programme = Programme.objects.get(code="poor_woman")
    for year in range(1985, 1985 + count):
        RegisterBook(
            programme=programme, unit=desk.org.other_county, year=year, opened_on="2014-05-01",
            opened_by=desk.clerk,
        ).save()  # fmt: skip


def the_woman() -> str:
    return f"/persons/{Person.objects.unscoped(reason='a test looks').first().uuid}/"


def form(desk) -> str:
    return f"/submissions/{of(desk.org.other_post).uuid}"


def table(desk) -> str:
    return f"/submissions/{of(desk.org.other_county, 'pairing-summary').uuid}"


def row(desk) -> str:
    return f"/rows/{of(desk.org.other_county, 'pairing-summary').rows.first().uuid}"


def call(desk, code="pairing-intent") -> str:
    return f"/collections/{desk.calls[code].uuid}/"


EVERYTHING_ASKED = (
    "/persons/?per_page=50&programme=poor_woman&state=active&age_from=18&needs=1&order=newest"
    "&q=linyan&cols=needs&cols=born_on&cols=registered&cols=programmes&cols=unit"
)
LISTS = {
    "submissions": (drafts, lambda desk: "/submissions/?annex=pairing-intent&per_page=50", 8),
    "late submissions": (waiting, lambda desk: "/submissions/?standing=late&per_page=50", 8),
    "notices": (notices, lambda desk: "/notices/?per_page=50&unsigned=mine", 12),
    "notice": (received, lambda desk: f"/notices/{the_notice().uuid}/", 16),
    "printed notice": (received, lambda desk: f"/notices/{the_notice().uuid}/print/", 7),
    "receipts": (
        received, lambda desk: f"/notices/{the_notice().uuid}/receipts/?per_page=50", 11,
    ),
    "units": (villages, lambda desk: "/units/?unit_type=&q=演示第&per_page=50", 10),
    "units of a wide reach": (linked, lambda desk: "/units/?per_page=50", 10),
    "units with saved queries": (queries, lambda desk: "/units/", 10),
    "unit": (villages, lambda desk: f"/units/{desk.org.other_county.uuid}/", 11),
    "search": (villages, lambda desk: "/search/?q=演示第", 8),
    "collections": (calls, lambda desk: "/collections/", 7),
    "board of drafts": (drafts, lambda desk: call(desk) + "?per_page=50", 12),
    "board of answers": (waiting, lambda desk: call(desk) + "?per_page=50", 12),
    "tables": (calls, lambda desk: "/tables/", 9),
    "table by rows": (reported_table, lambda desk: "/tables/pairing-summary/2014/?per_page=50", 13),
    "table by units": (
        reported_tables, lambda desk: "/tables/pairing-summary/2014/?per_page=50", 13,
    ),
    "table being filled": (tabled, lambda desk: table(desk) + "/table/", 13),
    "table sent back": (returned_cells, lambda desk: table(desk) + "/table/", 19),
    "record of a table": (tabled, lambda desk: table(desk) + "/", 11),
    "record of a returned table": (returned_cells, lambda desk: table(desk) + "/", 15),
    "review of a table": (reported_table, lambda desk: table(desk) + "/review/", 14),
    "print of a table": (tabled, lambda desk: table(desk) + "/print/", 7),
    "review of forms": (waiting, lambda desk: form(desk) + "/review/", 13),
    "cell": (tabled, lambda desk: row(desk) + "/cells/village/", 11),
    "accounts": (accounts, lambda desk: "/accounts/?per_page=50&q=clerk", 9),
    "accounts of a unit": (accounts, lambda desk: "/accounts/?per_page=50&unit=演示岗", 10),
    "account": (seats, lambda desk: record_of(desk), 13),
    "incoming files": (mailed, lambda desk: "/incoming/?per_page=50", 8),
    "incoming batch": (mailed, the_batch, 10),
    "register": (archives, lambda desk: "/persons/?per_page=50", 11),
    "whole register": (archives, lambda desk: EVERYTHING_ASKED, 13),
    "archive": (related, lambda desk: the_woman(), 32),
    "pairings": (paired, lambda desk: "/pairs/?per_page=50&kind=cadre_woman", 17),
    "logs put aside": (put_aside, lambda desk: "/pairs/put-aside/?per_page=50", 12),
    "pairs by months": (
        running, lambda desk: f"/pairs/grid/?per_page=50&late=on&year={last_year()}", 16,
    ),
    "silent pairs": (running, lambda desk: "/pairs/blank/?tab=silent", 20),
    "villages without a pair": (unpaired, lambda desk: "/pairs/blank/?tab=villages", 17),
    "call-backs": (rung, lambda desk: "/pairs/callbacks/?tab=waiting", 20),
    "logs of a pair": (logged, lambda desk: the_pair() + "logs/?per_page=50", 18),
    "year of pairs": (active, lambda desk: "/pairs/year/", 31),
    "pairs of a figure": (active, lambda desk: "/pairs/year/rows/?per_page=50", 16),
    "cases": (told_of, lambda desk: "/pairs/cases/?per_page=50", 8),
    "pairing": (a_long_pair, lambda desk: the_pair(), 47),
    "pairs to renew": (running, lambda desk: "/pairs/renewals/?per_page=50", 13),
    "jobs": (jobs, lambda desk: "/jobs/?per_page=50", 8),
    "stale archives": (unverified, lambda desk: "/archives/stale/?per_page=50", 12),
    "transfers": (offered, lambda desk: "/archives/transfers/?per_page=50", 10),
    "pairs": (alike, lambda desk: "/archives/duplicates/?per_page=50", 9),
    "books": (kept_books, lambda desk: "/archives/books/?per_page=50", 10),
    "home with drafts": (drafts, lambda desk: "/", 11),
    "home with answers": (waiting, lambda desk: "/", 11),
    "home with jobs": (running_jobs, lambda desk: "/", 12),
    "home with calls": (calls, lambda desk: "/", 10),
}  # fmt: skip


# Pages that show one row, however many there are beside it.
ONE_ROW = {"cell", "review of forms", "units with saved queries", "year of pairs"}


PICKER = (villages, lambda desk: "/units/pick/?level=village&q=演示第", 0)


def looked_at(desk, name: str, count: int) -> tuple[int, int]:
    """Questions asked and bytes shown of the list ``name`` when there are ``count`` rows."""
    fill_it, path, _ = LISTS.get(name, PICKER)
    with transaction.atomic():
        fill_it(desk, count)
        address = path(desk)
        desk.client.force_login(desk.looking)
        with CaptureQueriesContext(connection) as asked:
            response = desk.client.get(address)
        transaction.set_rollback(True)
    assert response.status_code == 200
    return len(asked), len(response.content)


@pytest.mark.battery("days")
@pytest.mark.parametrize("name", share([*LISTS], 3))
def test_a_list_asks_the_same_for_one_row_and_for_thirty(desk, name):
    questions = LISTS[name][2]

    (asked, size), (asked_again, larger) = looked_at(desk, name, 1), looked_at(desk, name, 30)

    assert (asked, asked_again) == (questions, questions)
    assert name in ONE_ROW or larger > size + 29 * 40


def test_a_picker_with_enough_nearby_does_not_look_further(desk):
    """Twenty are offered; with fewer near one's own unit the whole city is asked."""
    asked = [looked_at(desk, "picker", count)[0] for count in (1, 30)]

    assert asked == [10, 6]
