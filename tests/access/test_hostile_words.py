"""What people paste and attackers send: kept and shown as it is, refused in words, never a 500."""

import uuid
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from battery import FULL, count, share

from reporting import annexes
from tests.access import matrix
from tests.access import scene as stage

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T32")]
FORM = annexes.get("pairing-intent")
TEXTS = [f.key for f in FORM.fields if f.kind in {"text", "long_text", "phone", "email"}]
TEXTS = [key for key in TEXTS if not FORM.field(key).readonly]
VILLAGES = ("intended_village", "existing_village")
HOSTILE = {
    "formula": "=1+1",
    "double formula": "==1+1",
    "command": "=cmd|'/c calc'!A0",
    "link": '=HYPERLINK("http://example.com","点")',
    "plus": "+1+1",
    "minus": "-1+1",
    "at": "@SUM(A1)",
    "full-width equals": "＝1+1",
    "full-width at": "＠SUM(A1)",
    "tab": "\t=1+1",
    "error cell": "#REF!",
    "script": "<script>alert(1)</script>",
    "attribute": '" onfocus=alert(1) x="',
    "closing": "</textarea></title><img src=x onerror=alert(1)>",
    "template": "{{ request.user.password }}{% csrf_token %}",
    "entity": "&lt;b&gt;&amp;&#x27;",
    "sql": "'; DROP TABLE reporting_submission; --",
    "like": "100%_\\",
    "null word": "null",
    "none word": "None",
    "number": "9007199254740993",
    "power": "2147483648",
    "big power": "9223372036854775808",
    "negative": "-1",
    "infinity": "1e309",
    "not a number": "NaN",
    "circled": "①",
    "full-width digits": "２０２６",
    "rare han": "𠮷𬴂",
    "emoji": "👩\u200d👧\u200d👦🏳️\u200d🌈",
    "combining": "e\u0301\u0323",
    "zero width": "林\u200b演\ufeff甲",
    "right to left": "\u202e甲乙\u202c",
    "control": "甲\x07\x0b\x1b乙",
    "nul": "甲\x00乙",
    "line ends": "甲\r\n乙\n丙\r丁",
    "separators": "甲\u2028乙\u2029丙\x85丁",
    "escape": "_x0000_\\u0000%00",
    "not a character": "甲\uffff\ufffe乙",
    "blank": " \u3000\u00a0 ",
    "json": '{"unit": null, "text": []}',
    "path": "../../../etc/passwd",
    "long": "长" * 20_000,
}
SOME = dict(share([*HOSTILE.items()], 5))
TOO_LONG = "长" * 1_000_000
NESTED = "[" * 100_000 + "]" * 100_000
# Fields in which a person writes; the rest of the body stays as the page sends it.
WORDS = ("reason", "value", "to", "key", "next", "name", "query")
# JSON that a form never sends, but a script may.
ODD_JSON = (
    "",
    "null",
    "[]",
    "1",
    "NaN",
    "{",
    NESTED,
    '{"leader_name": NaN}',
    '{"leader_name": 1e309}',
    '{"leader_name": -Infinity}',
    '{"leader_name": "\\ud800"}',
    '{"leader_name": "\\u0000甲"}',
    '{"leader_name": {"a": ["\\udfff", null, true]}}',
    '{"leader_name": [[[[1]]]]}',
    '{"offered_support": "material"}',
    '{"offered_support": [{"a": 1}, null]}',
    '{"offered_support": {"a": 1}}',
    '{"intended_village": "红旗村"}',
    '{"intended_village": {"unit": 5, "text": 5}}',
    '{"intended_village": {"unit": {"a": 1}, "text": null}}',
    '{"existing_village": {"unit": null, "text": "红旗村"}}',
    '{"existing_village": [1, "村", null, {"text": ["x"]}]}',
    '{"post_level": ["national"]}',
    '{"\\ud800": "x", "leader_name": "甲"}',
    '{"leader_name": ' + "9" * 5000 + "}",
    '{"project_goal": ' + NESTED + "}",
)


class Blanks(HTMLParser):
    """What stands in the blanks of a form, as a browser shows it."""

    def __init__(self, html: str):
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._in: str | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "textarea" and given.get("name"):
            self._in = given["name"]
            self.found.setdefault(self._in, []).append("")
        elif tag == "input" and given.get("type", "text") in {"text", "hidden"}:
            self.found.setdefault(given.get("name", ""), []).append(given.get("value") or "")

    def handle_data(self, data):
        if self._in:
            self.found[self._in][-1] += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._in:
            # The parser of a browser drops the line end right after the tag.
            self.found[self._in][-1] = self.found[self._in][-1].removeprefix("\n")
            self._in = None


def storable(text: str) -> str:
    """What a database can hold of it: all but NUL, with line ends of one kind."""
    return text.replace("\x00", "").replace("\r\n", "\n")


def sent(form, text: str) -> dict:
    typed = dict.fromkeys(TEXTS, text)
    typed.update({f"{key}_text": text for key in VILLAGES})
    typed.update({f"{key}_unit": "" for key in VILLAGES})
    return {"idempotency_key": str(uuid.uuid4()), "version": form.version, **typed}


@pytest.mark.parametrize("way", ["autosave", "fill"])
@pytest.mark.parametrize("text", SOME.values(), ids=SOME)
def test_what_was_typed_is_kept_and_shown_as_typed(scene, text, way):
    client, form = stage.client_of(scene, "post"), stage.submission_of(scene, "form")

    answer = client.post(f"/submissions/{form.uuid}/{way}/", sent(form, text))

    assert answer.status_code == (200 if way == "autosave" else 302)
    stored = stage.row_of(scene, "form").values
    village = {"unit": None, "text": storable(text).strip()}
    assert {key: stored[key] for key in TEXTS} == dict.fromkeys(TEXTS, storable(text))
    assert stored["intended_village"] == (village if village["text"] else None)
    assert stored["existing_village"] == ([village] if village["text"] else [])
    page = client.get(f"/submissions/{form.uuid}/fill/")
    shown = Blanks(page.content.decode()).found
    assert {key: shown[key] for key in TEXTS} == {key: [stored[key]] for key in TEXTS}
    assert "<script>alert" not in page.content.decode()
    assert "<img src=x" not in page.content.decode()


@pytest.mark.parametrize("text", SOME.values(), ids=SOME)
def test_every_page_about_it_still_opens(scene, text):
    client, form = stage.client_of(scene, "county"), stage.submission_of(scene, "form")
    client.post(f"/submissions/{form.uuid}/autosave/", sent(form, text))
    row = stage.row_of(scene, "form")
    paths = [f"/submissions/{form.uuid}/", f"/submissions/{form.uuid}/print/"]
    paths += [f"/rows/{row.uuid}/cells/{key}/" for key in ("project_goal", *VILLAGES)]

    # In the daily run each text is looked at on two of the five pages, in turn.
    first = list(HOSTILE.values()).index(text)
    paths = [paths[(first + n) % len(paths)] for n in range(count(2, full=len(paths)))]

    pages = {path: client.get(path) for path in paths}

    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(paths, 200)
    for page in pages.values():
        assert "<script>alert" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()


@pytest.mark.parametrize("text", SOME.values(), ids=SOME)
def test_submitting_it_says_what_is_wrong(scene, text):
    client, form = stage.client_of(scene, "post"), stage.submission_of(scene, "form")

    answer = client.post(f"/submissions/{form.uuid}/fill/", {**sent(form, text), "submit": "1"})

    assert answer.status_code == 422
    assert stage.submission_of(scene, "form").state == "draft"


def test_a_million_characters_are_no_accident_of_the_server(scene):
    client, form = stage.client_of(scene, "post"), stage.submission_of(scene, "form")
    body = {**sent(form, ""), "project_goal": TOO_LONG}

    answer = client.post(f"/submissions/{form.uuid}/autosave/", body)

    assert answer.status_code == 200
    kept = stage.row_of(scene, "form").values["project_goal"]
    assert kept == TOO_LONG[: len(kept)]
    assert len(kept) == 20_000


@pytest.mark.parametrize("number", share(range(len(ODD_JSON)), 3))
def test_odd_json_in_a_choice_of_words_is_no_accident(scene, number):
    client, form = stage.client_of(scene, "post"), stage.submission_of(scene, "form")
    chosen = {f"choice:{field.key}": "mine" for field in FORM.fields}
    body = {"idempotency_key": str(uuid.uuid4()), "version": form.version, **chosen}

    answer = client.post(
        f"/submissions/{form.uuid}/fill/",
        {**body, "mine_values": ODD_JSON[number], "base": ODD_JSON[number]},
    )

    assert answer.status_code == 302
    paths = [f"/submissions/{form.uuid}/{page}" for page in ("", "fill/", "print/")]
    assert [client.get(path).status_code for path in paths] == [200, 200, 200]
    again = {**body, "idempotency_key": str(uuid.uuid4()), "submit": "1"}
    again["version"] = stage.submission_of(scene, "form").version
    assert client.post(f"/submissions/{form.uuid}/fill/", again).status_code in {302, 422}


# In the daily run each page or act meets every twelfth of the words, and each word every twelfth of them.
STRIDE = 12
ASKED = ["\x00", "①", "-1", "9" * 30, "9" * 5000, "甲\x00乙", "' OR 1=1", "["]


@pytest.mark.parametrize("text", ASKED)
def test_no_word_in_an_address_is_an_accident(scene, text):
    client, answers = stage.client_of(scene, "leader"), {}
    names = "q page per_page sort unit_type state annex standing review unit kind view level who verb since"
    query = urlencode(dict.fromkeys(names.split(), text))
    pages = [
        line
        for line in matrix.lines()
        if line.method == "GET" and dict(line.expected)["above"] == "200"
    ]
    for line in share(pages, STRIDE, at=ASKED.index(text)):
        answer = client.get(f"{matrix.address(line, scene)}?{query}")
        answers[str(line)] = answer.status_code
        if answer.streaming:
            list(answer.streaming_content)  # read to its end, the file is closed

    assert {line: code for line, code in answers.items() if code >= 500} == {}
    assert len(answers) > (10 if FULL else 10 / STRIDE)


AWFUL = ["\x00", "①", "²", "-1", "9" * 30, "9" * 5000, "甲\x00乙", "http://[::1", "foo"]


@pytest.mark.parametrize("text", AWFUL)
def test_no_word_in_a_body_is_an_accident(scene, text):
    """One hostile word in every field of every act but the key; then in those people write in."""
    answers = {}
    # A page that takes no POST reads no body.
    acts = [
        ln for ln in matrix.lines() if ln.method == "POST" and dict(ln.expected)["above"] != "405"
    ]
    for line in share(acts, STRIDE, at=AWFUL.index(text)):
        client = stage.client_of(scene, stage.seat_of(line.target, "above"))
        with matrix.rolled_back():
            matrix.prepare(line, scene)
            body, path = matrix.body(line, scene), matrix.address(line, scene)
            for every in (True, False):
                hostile = dict.fromkeys(body if every else WORDS, text)
                hostile["idempotency_key"] = body["idempotency_key"]
                with matrix.rolled_back():
                    answer = client.post(path, {**body, **hostile})
                answers[f"{line} {every}"] = answer.status_code

    assert {line: code for line, code in answers.items() if code >= 500} == {}


@pytest.mark.parametrize("key", ["甲" * 40, "00000000-0000-4000-8000-000000000000-\udcff", "\x00"])
def test_a_hostile_key_is_refused_or_a_key(scene, key):
    client = stage.client_of(scene, "post")
    body = {"annex": "pairing-intent", "period": "2014", "unit": str(scene.org.east_post.uuid)}
    encoded = urlencode({**body, "idempotency_key": key}, errors="surrogatepass")

    answer = client.post("/exports/", encoded, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in {302, 400}
