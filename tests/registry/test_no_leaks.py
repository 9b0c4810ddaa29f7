"""The leak test: every page, as every kind of post, with private values planted in the archives.

Nothing planted may stand unmasked in an answer, but a minor's name and birthday where her archive is
in that person's care. Looked through as well: searches for a planted value, refusals and errors, the
audit trail, jobs, answers kept for a repeat, and the log of it all.
"""

import logging
from dataclasses import dataclass, replace

import pytest
from archives import SEATS as CARING
from archives import build_archives, build_carers, build_programmes
from battery import FULL, count, report, share
from django.db import connection, transaction
from django.test.utils import override_settings
from world import SEATS

from administration import pages
from pairing.models import Pairing
from registry import access
from registry.models import Person, Relation
from tests.acceptance.crawl import text_of
from tests.access import matrix
from tests.access import scene as stage

pytestmark = [pytest.mark.django_db, pytest.mark.battery("leaks")]
# One of each kind of post, for the pages on which no archive is; the battery asks as everybody.
KINDS = ("post", "county", "leader", "city", "village", "volunteer", "sysadmin", "audit", "secadmin",
         "children_county", "rights_city", "nobody", None)  # fmt: skip
KEEPS = ("federation_auditevent", "federation_idempotentrequest", "reporting_job", "django_session")
SHUT = {"403", "404", "405", "302:login"}
# What a reveal shows is what was asked for.
SHOWN_ON_PURPOSE = {"registry:reveal"}


@dataclass(frozen=True)
class Planted:
    """One value, and to whom it may be shown without a reveal (keys of accounts)."""

    what: str
    value: str
    open_to: frozenset[int] = frozenset()


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    media = tmp_path_factory.mktemp("media")
    settled = override_settings(MEDIA_ROOT=media, CONFIRM_MINUTES=24 * 60)
    with django_db_blocker.unblock(), settled, transaction.atomic():
        scene = stage.build()
        carers = build_carers(scene.org)
        for name, user in vars(carers).items():
            setattr(scene.people, name, user)
            scene.sessions[name] = stage.session_of(user)
        more = build_archives(scene.org, scene.people, carers, build_programmes())
        theirs = [row for row in vars(scene.archives).values() if isinstance(row, Person)]
        for number, person in enumerate(theirs):
            person.address, person.health = f"暗藏路{number}号", f"暗藏病症{number}"
            person.save()
        scene.everybody = [*theirs, *vars(more).values()]
        scene.planted = planted(scene)
        yield scene
        transaction.set_rollback(True)


def planted(scene) -> list[Planted]:
    users = {name: user for name, user in vars(scene.people).items() if user is not None}
    found = []
    for person in scene.everybody:
        number = person.id_number.open()
        found += [Planted("identity number", number), Planted("its tail", number[6:])]
        found.append(Planted("phone", person.phone.open()))
        found.append(Planted("address", person.address.open()))
        if person.health:
            found.append(Planted("health", person.health.open()))
        if person.is_minor:
            open_to = frozenset(u.pk for u in users.values() if access.may_open(u, person))
            carriers = {u.pk for u in users.values() if carries(u, person)}
            found.append(Planted("a minor's name", person.name, open_to | carriers))
            if person.born_on.day != 1:
                found.append(Planted("a minor's birthday", f"{person.born_on}", open_to))
    for relation in Relation.objects.unscoped(reason="a test looks").exclude(phone__isnull=True):
        found.append(Planted("a guardian's phone", relation.phone.open()))
    return list({plant.value: plant for plant in found}.values())


def carries(user, person: Person) -> bool:
    """Whoever keeps in touch with a child for a pair knows her name, and no more of her than that."""
    return Pairing.objects.carried_by(user).filter(person=person).exists()


def leaks(scene, text: str, who: str | None, typed: str = "") -> list[str]:
    pk = getattr(scene.people, who).pk if who else 0
    return [
        f"{plant.what} {plant.value}"
        for plant in scene.planted
        if plant.value in text and pk not in plant.open_to and plant.value not in typed
    ]


def kept(after: dict[str, object]) -> str:
    """What these tables hold beyond the rows there were."""
    found = []
    with connection.cursor() as cursor:
        for table in KEEPS:
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 -- our own names
            found += [row for (row,) in cursor.fetchall() if row not in after[table]]
    return "\n".join(found)


def now_kept() -> dict[str, set]:
    found = {}
    with connection.cursor() as cursor:
        for table in KEEPS:
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 -- our own names
            found[table] = {row for (row,) in cursor.fetchall()}
    return found


def everybody() -> list[str | None]:
    return [*SEATS, *CARING, "province", "nobody", None]


def acting() -> list[str | None]:
    """Who searches and acts: one of each kind, the carer, and children's officers elsewhere."""
    return everybody() if FULL else [*KINDS, "carer", "children_town", "children_other_city"]


def asking(line, at: int) -> list[str | None]:
    """Who opens the page of this line: everybody in the battery.

    In the daily run every eighth of those who are shown something (any seat where archives may be,
    one of a kind elsewhere), and a few of those the matrix says are refused, with the same page all.
    """
    if FULL:
        return everybody()
    among = everybody() if line.url.startswith(("registry:", "pairing:")) else [*KINDS]
    refused = {stage.seat_of(line.target, name) for name, said in line.expected if said in SHUT}
    shown = [who for who in among if who not in refused]
    return share(shown, 8, at=at) + share([who for who in among if who in refused], 24, at=at)


def lines_of(method: str, prefix: str = "") -> list:
    once = {}
    for line in matrix.lines():
        if line.method == method and line.url.startswith(prefix):
            key = (line.url, line.case, line.target if "reporting" in line.url else "")
            once.setdefault(key, line)
    return list(once.values())


def test_no_page_shows_a_planted_value_to_anybody(world, caplog):
    caplog.set_level(logging.INFO)
    clients = {who: stage.client_of(world, who) for who in everybody()}
    found, answers, shown, before = [], 0, 0, now_kept()
    addresses = set()
    for at, line in enumerate(lines_of("GET")):
        here = transaction.savepoint()
        matrix.prepare(line, world)
        address = matrix.address(line, world)
        addresses.add(line.url)
        for who in asking(line, at):
            answer = clients[who].get(address)
            answers, shown = answers + 1, shown + (answer.status_code == 200)
            text = text_of(answer)
            found += [
                f"{line.url} {line.case} as {who}: {leak}" for leak in leaks(world, text, who)
            ]
            headers = repr(answer.headers)
            found += [
                f"{line.url} headers as {who}: {leak}" for leak in leaks(world, headers, None)
            ]
        found += [f"{line.url} kept: {leak}" for leak in leaks(world, kept(before), None)]
        transaction.savepoint_rollback(here)
    assert sorted(set(found)) == []
    assert leaks(world, caplog.text, None) == [], "in the log"
    unread = {page.name for page in pages.pages() if "GET" in page.methods} - addresses
    assert unread == set(), "pages that were not looked at"
    assert shown > answers // 5
    report("leaks", f"{len(addresses)} pages × {len(everybody())} posts and seats × "
           f"{len(world.planted)} planted values: {answers} answers, {shown} pages shown, 0 finds")  # fmt: skip


def test_every_archive_and_a_search_for_every_value_show_nothing_more(world, caplog):
    """Records of all planted people, and lists asked for what was planted, as all seats."""
    caplog.set_level(logging.INFO)
    found, answers, before = [], 0, now_kept()
    records = [line for line in lines_of("GET", "registry:") if line.url == "registry:person"]
    lists = [line for line in lines_of("GET", "registry:") if not _arguments(line.url)]
    words = {plant.value for plant in world.planted if plant.what != "its tail"}
    some = sorted(words)[:: max(len(words) // count(2, full=12), 1)]
    for who in share(everybody(), 4):
        client, here = stage.client_of(world, who), transaction.savepoint()
        for line in records[:1]:
            for person in world.everybody:
                world.archives.woman, kept_as = person, world.archives.woman
                answer = client.get(matrix.address(replace(line, case=""), world))
                world.archives.woman, answers = kept_as, answers + 1
                found += [f"{line.url} as {who}: {x}" for x in leaks(world, text_of(answer), who)]
        for line in lists if who in acting() else ():
            for word in some:
                answer = client.get(matrix.address(line, world), {"q": word, "state": "all"})
                answers += 1
                text = text_of(answer)
                found += [f"{line.url}?q= as {who}: {x}" for x in leaks(world, text, who, word)]
        found += [f"kept of {who}: {leak}" for leak in leaks(world, kept(before), None)]
        transaction.savepoint_rollback(here)
    assert sorted(set(found)) == []
    assert leaks(world, caplog.text, None) == [], "in the log"
    report("leaks", f"{len(world.everybody)} archives and {len(lists)} lists with {len(some)} "
           f"words as {len(everybody())} and {len(acting())}: {answers} answers, 0 finds")  # fmt: skip


def test_no_act_answers_with_or_keeps_a_planted_value(world, caplog):
    """Acts on archives, done or refused: the answer, and what it leaves behind."""
    caplog.set_level(logging.INFO)
    found, answers, before = [], 0, now_kept()
    for at, line in enumerate(lines_of("POST", "registry:")):
        for who in share(acting(), 8, at=at):
            here = transaction.savepoint()
            matrix.prepare(line, world)
            sent = matrix.body(line, world)
            answer = stage.client_of(world, who).post(matrix.address(line, world), sent)
            answers += 1
            if line.url not in SHOWN_ON_PURPOSE:
                text, typed = text_of(answer), repr(sent)
                found += [f"{line.url} as {who}: {x}" for x in leaks(world, text, who, typed)]
            found += [f"{line.url} kept as {who}: {x}" for x in leaks(world, kept(before), None)]
            transaction.savepoint_rollback(here)
    assert sorted(set(found)) == []
    assert leaks(world, caplog.text, None) == [], "in the log"
    report("leaks", f"{answers} acts on archives, done or refused: 0 finds in answers, audit, "
           f"jobs, sessions and the log")  # fmt: skip


def test_the_guard_sees_what_is_shown(world):
    """Planted into an answer, each value is found; a name only by whom it is not open to."""
    for plant in world.planted:
        assert leaks(world, f"<td>{plant.value}</td>", None)
    child = next(p for p in world.planted if p.what == "a minor's name" and p.value == "王演丙寅")
    assert leaks(world, child.value, "village") == leaks(world, child.value, "carer") == []
    assert leaks(world, child.value, "county")
    assert leaks(world, child.value, "children_county")


def _arguments(name: str) -> bool:
    return any(page.arguments for page in pages.pages() if page.name == name)
