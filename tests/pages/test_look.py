"""Every page as city, county and post see it: named, inside the screen, reachable by everybody."""

import io
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from battery import DAY, FULL, share
from days import today
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from playwright.sync_api import expect
from world import approved, fill, of, take

from administration import imports
from federation.models import SavedQuery
from notices import extensions, materials, publishing, urging
from notices.models import Notice, NoticeState, Supervision, Task
from pairing import callbacks, cases, photos, projects, rules
from pairing import code_lists as pair_kinds
from pairing import logs as pair_logs
from pairing import papers as pair_papers
from pairing.models import (
    CallbackResult,
    ContactLog,
    Liaison,
    LogKind,
    Pairing,
    PairKind,
    QuarantinedLog,
    Term,
)
from registry import books, changing, code_lists, transfers
from registry.models import (
    DuplicatePair,
    Enrolment,
    Helper,
    Need,
    Person,
    Programme,
    RegisterBook,
    RegisterImport,
    Relation,
    Site,
    SiteKind,
    Transfer,
)
from reporting.intake import receiving
from reporting.jobs import request_job, runner, sender
from reporting.models import IncomingFile, SubmissionRow
from reporting.workbook import write_ledger
from reporting.workflow import Cell
from tests.access.pairing_logs import DOT
from tests.access.pairing_papers import NOTHING, PROJECT, TEXT
from tests.archives import phone
from tests.incoming.conftest import table
from tests.notices.papers import attached, duty_of, notice_of, to_kinds
from tests.pages.look import PHONE, TOO_WIDE, faults

pytestmark = pytest.mark.browser
# In which width axe looks today where it looks at every page; measured is in both.
WIDTH = None if FULL else ("1440", "390")[DAY % 2]

# Addresses that answer a GET with something else than a page.
NO_PAGE = {
    "unit_pick": "JSON for the picker",
    "account_units": "JSON for the picker",
    "registry:pick": "JSON for the picker",
    "pairing:pick": "JSON for the picker",
    "pairing:log_photo": "a picture",
    "administration:import_template": "a file",
    "reporting:job_progress": "a part of the job's page",
    "reporting:job_download": "a file",
    "notices:attachment": "a file",
    "reporting:incoming_progress": "a part of the batch's page",
    "reporting:incoming_download": "a file",
    "reporting:incoming_marked": "a file",
    "notices:material_file": "a file",
    "registry:consent_scan": "a file",
    "pairing:paper_file": "a file",
    "notices:feed": "a calendar",
    "notices:duty_preview": "a part of the page of a duty",
    "reporting:healthz": "for a supervisor",
    "pairing:phone_pairs": "JSON for the phone's page",
    "pairing:phone_worker": "a script",
    "session": "for scripts: 204 or 401, nothing to show",
    "reporting:readyz": "for a supervisor",
}


OF_A_NOTICE = ("notice", "notice_print", "receipts", "correct", "withdraw")
OF_A_DRAFT = ("edit", "publish", "discard", "ladder")
OF_A_SUPERVISION = ("supervision", "supervision_print")
OF_A_TASK = ("task", "material", "extension_ask")
OF_AN_ARCHIVE = ("person", "person_edit", "open", "carers", "consents", "erase")
OF_A_DUTY = ("board", "expected", "expected_remove")
# Pages that these seats may not open; the county's administrator looks at them below.
OF_ADMINISTRATORS = {
    f"account_{name}"
    for name in (
        "record", "details", "appoint", "second", "deputise", "transfer", "leave", "password",
        "disable", "enable",
    )
} | {"seat_end", "administration:import_preview"}  # fmt: skip


@pytest.fixture
def stage(org, people, calls, settings, tmp_path, monkeypatch, transactional_db):
    """A returned form, one waiting, an open table and a reported one, a job done and one failed."""
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    monkeypatch.setattr(sender, "_silent_until", 0.0)
    settings.MEDIA_ROOT = tmp_path / "media"
    fill(org.east_post, people.post, village=org.east_village)
    take("submit", org.east_post, people.post)
    cell = Cell(str(of(org.east_post).only_row.uuid), "project_goal", "目标太笼统，请写明数量")
    take("return", org.east_post, people.county, cells=[cell])
    for unit, filler in ((org.east_post2, people.post2), (org.east_committee, people.committee)):
        approved(unit, filler, people.county, village=org.east_village2)
    take("return", org.east_post2, people.county, reason="请核对村名")
    take("submit", org.east_post2, people.post2)
    approved(org.west_post, people.sibling_post, people.sibling, village=org.west_village)
    take("submit", org.west, people.sibling, "pairing-summary")
    draft = notice_of(org.city, doc_number="", title="关于报送总结的通知", issue_date=today())
    for notice in (draft, notice_of(org.city, issue_date=today())):
        to_kinds(notice, "county_federation")
        attached(notice)
        duty_of(notice, "summary", title="活动情况", cycle="quarter", due_phrase="每季末10日前",
                due_rule={"kind": "quarter_end"}, window_to=today().replace(year=today().year + 1))  # fmt: skip
    publishing.publish(notice, by=people.leader)
    task = Task.objects.unscoped(reason="a thing to look at").filter(unit=org.east).first()
    urging.urge([task], by=people.leader)
    supervision = Supervision.objects.create(
        issuer=org.city, unit=org.east, year=2014, serial=1, requirement="请尽快报送。", answer_by=today()
    )  # fmt: skip
    supervision.tasks.set([task])
    materials.save(task_of(org.west), text="活动三场，\n120 人。", number=None, by=people.sibling)
    materials.add_files(
        task_of(org.west), [SimpleUploadedFile("总结.pdf", b"%PDF-1.4")], by=people.sibling
    )
    materials.send(task_of(org.west), by=people.sibling)
    another = {"wanted_on": task_of(org.east).due_on + timedelta(days=9), "reason": "台风"}
    extensions.ask(task_of(org.east), **another, by=people.county)
    mailed(org, people, calls)
    an_archive(org, people)
    a_life(org, people)
    a_pair(org, people)
    for user in (people.city, people.county):
        query = {"page": "reporting:submissions", "name": "待我审核", "query": "state=submitted"}
        SavedQuery.objects.create(user=user, **query)
    return org


def an_archive(org, people) -> None:
    """A woman of the eastern village with a programme, a guardian's relation and a need."""
    code_lists.load()
    person = Person(
        unit=org.east_village, name="林演甲子", sex="F", born_on=today().replace(year=1980, day=1),
        phone=phone(31), address="演示路1号", entered_by=people.village, verified_on=today(),
    )  # fmt: skip
    person.save()
    programme = Programme.objects.get(code="poor_woman")
    kind = SiteKind.objects.get(code="womens_home")
    Site(unit=org.east_village, kind=kind, name="演示妇女之家", phone=phone(32)).save()
    Helper(unit=org.east_village, role="volunteer", name="韩演己丑", phone=phone(33)).save()
    Enrolment(person=person, programme=programme, starts_on=today()).save()
    Relation(person=person, kind="spouse", name="陈演乙丑", away=True, away_place="演示市").save()
    Need(person=person, category="training", text="想学演示养殖技术", opened_on=today()).save()


def a_life(org, people) -> None:
    """Another of the same name not verified for years; the woman on her way to the other county."""
    woman = the_archive()
    twin = Person(
        unit=org.east_village2, name="林演甲午", sex="F", born_on=woman.born_on, phone=phone(32),
        entered_by=people.village, verified_on="2014-05-01", education="初中",
    )  # fmt: skip
    twin.save()
    DuplicatePair(unit=org.east, low=woman, high=twin, why="near", points=95).save()
    change = {"on": today(), "by": people.village}
    changing.change(woman, kind="move", reason="随女儿居住", **change)
    changing.change(woman, kind="return", reason="返乡", **change)
    transfers.offer(
        woman, to_unit=org.west_village, on=today() + timedelta(days=3), reason="外嫁",
        by=people.village,
    )  # fmt: skip
    programme = Programme.objects.get(code="poor_woman")
    for unit in (org.east_village, org.east_village2):
        books.open_book(programme=programme, unit=unit, year=today().year, by=people.county)
    books.close(RegisterBook.objects.visible_to(people.county).first(), by=people.county)


def a_pair(org, people) -> None:
    """The post and the village, paired since the beginning of last year."""
    pair_kinds.load()
    pair = Pairing(
        kind=PairKind.objects.get(code="post_village"), unit=org.east_post, helper_unit=org.east_post,
        recipient_unit=org.east_village, state="active", goal="捐赠电脑2台，开展农技培训3期",
        proposed_by=people.county,
    )  # fmt: skip
    pair.save()
    began = today().replace(year=today().year - 1, month=1, day=1)
    Term(pairing=pair, starts_on=began).save()
    Liaison(pairing=pair, user=people.post, since=began).save()
    late = {"kind": "contact", "on": str(today()), "summary": "电话问候"}
    QuarantinedLog(
        key=pair.uuid, pairing=pair, by=people.volunteer, body=late, why="结对已结束"
    ).save()
    last_month = callbacks.month_before(today())
    ContactLog(
        pairing=pair, kind=LogKind.objects.get(code="contact"), on=last_month, by=people.post,
        entered_at=timezone.make_aware(datetime.combine(last_month, time(9))), summary="通话核对",
    ).save()  # fmt: skip
    rules.refresh(pair)
    callbacks.draw(org.east, last_month, by=people.county2)
    drawn = CallbackResult.objects.unscoped(reason="a thing to look at")
    drawn.update(result="denied", note="说没有接到电话", called_by=people.county2,
                 called_at=timezone.now(), shown_at=timezone.now())  # fmt: skip
    log = pair_logs.enter(
        pair, kind="tangible_deed", on=began.replace(month=5), key=uuid4(), by=people.county,
        summary="捐赠电脑，联系人 16900000301", beneficiaries=40,
        supports=[{"kind": "computers", "quantity": 2, "measure": "台", "value": 6000}],
    )  # fmt: skip
    photos.add(log, SimpleUploadedFile("走访.png", DOT), by=people.county)
    in_writing(pair, org, people)


def the_log() -> ContactLog:
    everyone = ContactLog.objects.unscoped(reason="a thing to look at")
    return everyone.get(kind__code="tangible_deed")


def in_writing(pair, org, people) -> None:
    """A signed agreement with its scan, a project with a step and a gift, a case for the county to judge."""
    scan = SimpleUploadedFile("协议.pdf", b"%PDF-1.4 %%EOF")
    signed = {"terms": "", "signed_on": today(), "valid_until": today() + timedelta(days=20)}
    pair_papers.save_agreement(pair, signed, by=people.post, upload=scan)
    pair_papers.save_plan(pair, {"year": today().year, "text": "培训3期"}, by=people.post)
    project = {**PROJECT, **NOTHING, "year": today().year}
    project = projects.save_project(pair, project, by=people.post)
    projects.save_part(project, "milestone", {"name": "联系讲师"}, by=people.post)
    gift = {"kind": "computers", "name": "台式机", "quantity": 2, "measure": "台", "value": 6000}
    projects.save_part(project, "support", gift, by=people.post)
    said = {"title": "岗村共建的一个好做法", "text": TEXT, "names_cleared": False}
    case = cases.save(None, said, by=people.post, unit=org.east_post, pairing=pair)
    cases.nominate(case, by=people.post)


def the_pair() -> Pairing:
    return Pairing.objects.unscoped(reason="a thing to look at").get()


def mailed(org, people, calls) -> None:
    """A file of the county with a question, an error and a good row, read and waiting."""
    by = {"by": people.county}
    batch = receiving.open_batch(calls.summary, unit=org.east, alone=True, **by)
    rows = (
        ("演示税务窗口", "金井社区", "培训2期"),
        ("演示邮政所", "红棋村", ""),
        ("演示馆", "红旗村", "书"),
    )
    for name, data in (("城东区.xlsx", table(*rows)), ("坏.xlsx", b"PK")):
        receiving.add_file(batch, SimpleUploadedFile(name, data), **by)
    runner.run(receiving.start_reading(batch, **by).uuid)


def the_archive() -> Person:
    return Person.objects.unscoped(reason="a thing to look at").get(name="林演甲子")


def a_register(org, user) -> RegisterImport:
    """An uploaded register with lines to look at."""
    line = {"where": "名册!A3:G3", "name": "林演甲寅", "number": "9905**************",
            "village": "红旗村妇联", "does": "建档并纳入"}  # fmt: skip
    outcome = {"name": "名册.xlsx", "count": 1, "faults": [], "lines": [line], "minors": 0,
               "skipped": ["名册!A4：合计行"]}  # fmt: skip
    programme = Programme.objects.get(code="poor_woman")
    return RegisterImport.objects.create(
        by=user, unit=org.east, programme=programme, sha256="0" * 64, outcome=outcome
    )


def task_of(unit) -> Task:
    found = Task.objects.unscoped(reason="a thing to look at").filter(unit=unit)
    return found.select_related("duty__notice", "unit").order_by("period").first()


def names(resolver, prefix=""):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield entry, f"{prefix}{entry.name}"
        else:
            yield from names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)


def answers_get(entry) -> bool:
    view = entry.callback.view_class
    return "get" in view.http_method_names and hasattr(view, "get")


def export(user, unit) -> str:
    """The page of a job that is over."""
    params = {"annex": "pairing-summary", "period": "2014", "only": ""}
    job = request_job("annex_export", requester=user, unit=unit, params=params)
    runner.run(job.uuid)
    return reverse("reporting:job", args=[job.uuid])


def addresses(org, seat: str, user) -> dict[str, str]:
    """Every page of the URLconf, each at the thing that shows ``seat`` the most of it."""
    east, west = of(org.east, "pairing-summary"), of(org.west, "pairing-summary")
    table = west if seat == "city" else east
    rows = SubmissionRow.objects.unscoped(reason="a thing to look at")
    shown = of(org.east_post) if seat == "post" else table
    things = {
        "unit": [{"post": org.east_post, "county": org.east, "city": org.city}[seat].uuid],
        "reporting:submission": [shown.uuid],
        "reporting:print": [shown.uuid],
        "reporting:form_fill": [of(org.east_post).uuid],
        "reporting:table_fill": [east.uuid],
        "reporting:review": [west.uuid if seat == "city" else of(org.east_post2).uuid],
        "reporting:cell": [rows.filter(submission=table).first().uuid, "post"],
        "reporting:collection": [of(org.east_post).collection.uuid],
        "reporting:table": ["pairing-summary", "2014"],
    }
    papers = Notice.objects.unscoped(reason="a thing to look at")
    notice, draft = (papers.get(state=s) for s in (NoticeState.PUBLISHED, NoticeState.DRAFT))
    things |= {f"notices:{name}": [notice.uuid] for name in OF_A_NOTICE}
    things |= {f"notices:{name}": [draft.uuid] for name in OF_A_DRAFT}
    one = Supervision.objects.unscoped(reason="a thing to look at").get()
    things |= {f"notices:{name}": [one.uuid] for name in OF_A_SUPERVISION}
    task = task_of(org.west if seat == "city" else org.east)
    things |= {f"notices:{name}": [task.uuid] for name in OF_A_TASK}
    things |= {f"notices:{name}": [task.duty.uuid] for name in OF_A_DUTY}
    sent = IncomingFile.objects.unscoped(reason="a thing to look at").get(name="城东区.xlsx")
    things["reporting:incoming_file"] = [sent.uuid]
    things["reporting:incoming_batch"] = [sent.batch.uuid]
    things["notices:extension"] = [task_of(org.east).extensions.get().uuid]
    things["notices:unit_tasks"] = things["unit"]
    things["notices:part"] = [draft.uuid, "duty", "new"]
    things |= {f"registry:{name}": [the_archive().uuid] for name in OF_AN_ARCHIVE}
    things["registry:life"] = [the_archive().uuid, "transfer"]
    for name, model in (("transfer", Transfer), ("duplicate", DuplicatePair)):
        things[f"registry:{name}"] = [
            model.objects.unscoped(reason="a thing to look at").get().uuid
        ]
    for name, model in (("site", Site), ("helper", Helper)):
        one = model.objects.unscoped(reason="a thing to look at").get()
        things |= {f"registry:{name}": [one.uuid], f"registry:{name}_step": [one.uuid, "edit"]}
    things["registry:person_part"] = [the_archive().uuid, "need", "new"]
    things["registry:import_places"] = ["helpers"]
    things["registry:import_preview"] = [a_register(org, user).uuid]
    things["registry:reveal"] = [the_archive().uuid, "phone"]
    things |= {f"pairing:{name}": [the_pair().uuid] for name in ("pair", "edit")}
    things["pairing:step"] = [the_pair().uuid, "transfer"]
    late = QuarantinedLog.objects.unscoped(reason="a thing to look at").get()
    things["pairing:put_aside_step"] = [late.uuid, "drop"]
    things["pairing:callback"] = [
        CallbackResult.objects.unscoped(reason="a thing to look at").get().uuid
    ]
    things["pairing:handover"] = [org.east_post.uuid]
    things["pairing:profile"] = [org.east_post.uuid, "offer"]
    things |= {f"pairing:{name}": [the_pair().uuid] for name in ("logs", "log_new")}
    things |= {"pairing:log": [the_log().uuid], "pairing:log_step": [the_log().uuid, "withdraw"]}
    things["pairing:card"] = [the_pair().uuid]
    things["pairing:paper"] = [the_pair().uuid, "agreement", "new"]
    things["pairing:agreement_print"] = [the_pair().uuid, "new"]
    project, case = the_pair().projects.get(), the_pair().cases.get()
    things["pairing:project"], things["pairing:case"] = [project.uuid], [case.uuid]
    things["pairing:project_row"] = [project.uuid, "support", "new"]
    things["pairing:case_step"] = [case.uuid, "decline"]
    if "unit_change" not in things:
        things["unit_change"] = [org.east_post.uuid, "rename"]
    found = {}
    for entry, name in names(get_resolver()):
        if name in NO_PAGE or name in OF_ADMINISTRATORS or not answers_get(entry):
            continue
        if name == "reporting:job":
            found[name] = reverse("reporting:jobs") if seat == "post" else export(user, org.east)
        else:
            found[name] = reverse(name, args=things.get(name))
    more = {"search": "?q=cheng", "reporting:submissions": "?state=submitted", "units": "?q=lin"}
    more["notices:expected_remove"] = f"?unit={task.unit.uuid}"
    more["pairing:grid"] = f"?year={today().year - 1}"
    more["pairing:callbacks"] = "?tab=all"
    more["pairing:blank"] = "?tab=silent"
    more["notices:calendar"] = f"?month={task.due_on:%Y-%m}"
    more["pairing:new"] = "?kind=caring_mother_child"
    more["reporting:incoming_new"] = f"?call={sent.collection.uuid}"
    return {name: url + more.get(name, "") for name, url in found.items()}


def test_the_look_finds_what_it_looks_for(page_for):
    page = page_for("desktop")
    page.set_content(
        '<p style="width: 900px; color: #ccc">灰字</p><input><div role="button"></div>'
    )
    found = " ".join(faults(page))
    for word in ("no title", "0 × <h1>", "0 × <main>", "sideways", "color-contrast", "label"):
        assert word in found


@pytest.mark.battery("looks")
@pytest.mark.parametrize("seat", ["city", "county", "post"])
def test_every_page_is_fit_to_show(sits, live_server, stage, people, seat):
    user = getattr(people, seat)
    page = sits(user)
    wrong, refused = [], set()
    # In the daily run every sixth page the county sees, and every ninth the two others see, which are
    # of the same templates: measured in both widths, and by axe, which takes ten times as long, in one.
    pages = share([*addresses(stage, seat, user).items()], 6 if seat == "county" else 9)
    for at, (name, url) in enumerate(pages, start=DAY // 6):
        answer = page.goto(live_server.url + url)
        assert answer.status in {200, 403, 404}, (name, answer.status)
        # A refusal is one page for all.
        if answer.status != 200 and answer.status in refused:
            continue
        refused.add(answer.status)
        wrong += faults(page, axe_at=None if FULL else ("1440", "390")[at % 2])
    assert wrong == []


def test_an_auditor_s_pages_are_fit_to_show(sits, live_server, stage, people):
    page = sits(people.audit)
    wrong = []
    for url in (
        "/audit/",
        "/who-may/",
        "/who-may/?tab=posts",
        "/who-may/?tab=person&person=county",
    ):
        assert page.goto(live_server.url + url).status == 200
        wrong += faults(page, axe_at=WIDTH)
    assert wrong == []


@pytest.mark.parametrize("seat", ["county", "post"])
def test_every_page_fits_a_phone_in_large_type(sits, live_server, stage, people, seat):
    user = getattr(people, seat)
    page = sits(user)
    page.context.add_cookies([{"name": "elder", "value": "1", "url": live_server.url}])
    page.set_viewport_size(PHONE)
    wide = []
    for name, url in share([*addresses(stage, seat, user).items()], 9):
        page.goto(live_server.url + url)
        if (over := page.evaluate(TOO_WIDE)) > 0:
            wide.append(f"{name} by {over} px")
    assert page.locator("html.elder").count() == 1
    assert wide == []


def of_administrators(org, people) -> dict[str, str]:
    """The pages of 账号与任职 at the county's clerk, and a list of people with a fault and one without."""
    headings = [word for word, _, _ in imports.COLUMNS]
    good = ["陈演丙午", "", "", "临江镇妇联", "", "业务干部", "2014-06-01", ""]
    lists = []
    for row in (good, ["", "", "12", "无此组织", "", "科员", "六月", ""]):
        made = io.BytesIO()
        write_ledger(made, title="名单", headings=headings, rows=[row], properties={})
        lists.append(imports.upload(made.getvalue(), by=people.eastadmin).uuid)
    names = sorted(name for name in OF_ADMINISTRATORS if name.startswith("account_"))
    found = {name: reverse(name, args=[people.county.uuid]) for name in names}
    held = people.county.appointments.get()
    found["seat_end"] = reverse("seat_end", args=[held.uuid])
    for word, uuid in zip(("good", "bad"), lists, strict=True):
        found[f"import_{word}"] = reverse("administration:import_preview", args=[uuid])
    for name in ("accounts", "account_new", "administration:import_upload"):
        found[name] = reverse(name)
    return found


def test_the_pages_of_administrators_are_fit_to_show(sits, live_server, stage, people):
    page = sits(people.eastadmin)
    wrong = []
    for name, url in of_administrators(stage, people).items():
        assert page.goto(live_server.url + url).status == 200, name
        wrong += faults(page, axe_at=WIDTH)
    page.goto(live_server.url + reverse("account_password", args=[people.post2.uuid]))
    page.get_by_role("button", name="重置密码").click()
    expect(page.locator("[data-password]")).to_be_visible()
    assert wrong + faults(page) == []


def test_what_opens_on_a_press_is_fit_to_show(sits, live_server, stage, people):
    """The panel of a cell, the question before rows go back, and the box of a cell in review."""
    page = sits(people.city)
    page.goto(live_server.url + reverse("reporting:table", args=["pairing-summary", "2014"]))
    page.locator(".open-cell").first.click()
    expect(page.locator("#side-panel-body")).to_contain_text("退回理由")
    wrong = faults(page)
    page.get_by_role("button", name="关闭").click()
    page.get_by_label("选中第 1 行").check()
    page.get_by_role("button", name="退回所选行").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("退回所选行")
    wrong += faults(page)
    page.goto(
        live_server.url + reverse("reporting:review", args=[of(stage.west, "pairing-summary").uuid])
    )
    page.locator("[data-review] .cell").first.click()
    wrong += faults(page, phone=False)
    assert wrong == []


def test_the_page_for_two_who_typed_at_once_is_fit_to_show(sits, live_server, stage, people):
    url = live_server.url + reverse("reporting:form_fill", args=[of(stage.east_post).uuid])
    first, second = sits(people.post), sits(people.county)
    for page in (first, second):
        page.goto(url)
    first.locator("textarea[name=project_goal]").fill("帮助10户")
    expect(first.locator("#save-state")).to_contain_text("已保存")
    second.locator("textarea[name=project_goal]").fill("帮助20户")
    second.get_by_role("button", name="存为草稿").click()
    expect(second.get_by_role("heading", level=1)).to_contain_text("有人先保存了")
    assert faults(second) == []


def test_a_visitor_s_pages_are_fit_to_show(page_for, live_server, stage):
    page = page_for("desktop")
    page.goto(live_server.url + "/login/")
    wrong = faults(page)
    page.get_by_label("账号").fill("nobody")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert wrong + faults(page) == []
