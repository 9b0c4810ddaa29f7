"""Folders and zips of files: taken apart within limits, named as their senders named them."""

import io
import json
import struct
import zipfile
import zlib
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings

from reporting import annexes, exports, file_meaning, incoming
from reporting.incoming import bundles
from reporting.models import Submission, SubmissionRow
from reporting.workbook.reading import archives
from tests import battery
from tests.reading.offices import HEAD, TITLE, xlsx
from tests.reading.test_round_trip import rows_of, sound
from tests.world import fill, of, take

INTENT, SUMMARY = annexes.get("pairing-intent"), annexes.get("pairing-summary")
EAST = xlsx([(TITLE,), ("填报单位：城东区妇联",), HEAD, ("甲岗", "红旗村", "培训")])


def zipped(files, *, stored=True):
    """A .zip; a name of bytes is stored as it is, without saying what code it is in."""
    out = io.BytesIO()
    raw = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for number, (name, content) in enumerate(files):
            plain = name
            if isinstance(name, bytes):
                plain = f"{number}".rjust(len(name), "_")
                raw[plain.encode()] = name
            made.writestr(plain, content)
    data = out.getvalue()
    for plain, name in raw.items():
        data = data.replace(plain, name)
    return data


def names(data):
    return [sent.path for sent in bundles.unpacked("材料.zip", data)]


def sentences(data):
    found = list(bundles.unpacked("材料.zip", data))
    assert all(one.refused.endswith("。") for one in found if one.refused)
    return [(one.code, one.refused) for one in found]


def test_a_single_file_is_itself():
    (sent,) = bundles.unpacked("汇总表.xlsx", EAST)

    assert (sent.name, sent.content, sent.bundle, sent.refused) == ("汇总表.xlsx", EAST, "", "")


@pytest.mark.parametrize(
    "name",
    ["城东区/汇总表.xlsx", "城东区/汇总表.xlsx".encode(), "城东区/汇总表.xlsx".encode("gb18030")],
    ids=["utf-8 as said", "utf-8 unsaid", "gbk"],
)
def test_chinese_names_are_read_whatever_code_they_were_packed_in(name):
    (sent,) = bundles.unpacked("材料.zip", zipped([(name, EAST)]))

    assert (sent.folder, sent.name, sent.bundle) == ("城东区", "汇总表.xlsx", "材料.zip")


def test_a_gbk_name_whose_second_byte_is_a_backslash_is_one_name():
    assert b"\\" in "乗".encode("gb18030")
    assert names(zipped([("乗法.xlsx".encode("gbk"), EAST)])) == ["乗法.xlsx"]


def test_a_name_in_the_unicode_field_goes_before_the_systems_own():
    raw = b"____.xlsx"
    meant = "汇总表.xlsx".encode()
    field = b"\x01" + struct.pack("<I", zlib.crc32(raw)) + meant
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        info = zipfile.ZipInfo(raw.decode())
        info.extra = struct.pack("<HH", 0x7075, len(field)) + field
        made.writestr(info, EAST)

    assert names(out.getvalue()) == ["汇总表.xlsx"]


def test_what_programs_leave_behind_is_no_file():
    files = ["甲.xlsx", "__MACOSX/._甲.xlsx", ".DS_Store", "a/Thumbs.db", "~$甲.xlsx", "空/"]

    assert names(zipped([(name, EAST) for name in files])) == ["甲.xlsx"]


def test_windows_separators_and_folders_in_folders_are_kept_as_folders():
    assert names(zipped([(rb"a\b\c.xlsx", EAST)])) == ["a/b/c.xlsx"]


def test_a_workbook_or_document_is_no_bundle():
    assert archives.archive_kind(EAST) == ""


@pytest.mark.parametrize(
    ("path", "code"),
    [("../../a.xlsx", "path"), ("/etc/a.xlsx", "path"), ("C:/a.xlsx", "path"), ("a/../../b.xlsx", "path")],
)  # fmt: skip
def test_names_that_lead_outside_refuse_the_whole(path, code):
    ((found, sentence),) = sentences(zipped([("甲.xlsx", EAST), (path, EAST)]))

    assert found == code
    assert sentence.startswith("“材料.zip”：")


def test_a_link_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        info = zipfile.ZipInfo("甲.xlsx")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")

    assert sentences(out.getvalue())[0][0] == "path"


def test_a_zip_in_a_zip_is_told_and_its_neighbours_are_read():
    inner = zipped([("乙.xlsx", EAST)])
    outer = zipped([("甲.xlsx", EAST), ("里面.zip", inner), ("老.rar", b"Rar!\x1a\x07\x00")])

    plain, *others = sentences(outer)

    assert plain == ("", "")
    assert [code for code, _ in others] == ["nested", "nested"]
    assert "“老.rar”：压缩包里还套着一个压缩包（RAR）" in others[0][1]


@pytest.mark.parametrize("magic", [b"Rar!\x1a\x07\x01\x00", b"7z\xbc\xaf\x27\x1c\x00\x04"])
def test_other_archives_are_named_with_the_remedy(magic):
    ((code, sentence),) = sentences(magic + b"\0" * 100)

    assert code == "archive"
    assert "请先解压" in sentence


def test_locked_files_are_told_one_by_one_or_all_together():
    data = bytearray(zipped([("甲.xlsx", EAST), ("乙.xlsx", EAST)]))
    for at in _entries(data)[:1]:
        data[at + 8] |= 1
    assert [code for code, _ in sentences(bytes(data))] == ["", "password"]
    for at in _entries(data):
        data[at + 8] |= 1

    ((code, sentence),) = sentences(bytes(data))

    assert code == "password"
    assert "加了密码" in sentence


def _entries(data):
    """Where the entries of the list at the end begin."""
    end = data.rfind(b"PK\x05\x06")
    found, at = [], struct.unpack_from("<I", data, end + 16)[0]
    while at >= 0:
        found.append(at)
        at = data.find(b"PK\x01\x02", at + 4)
    return found


def test_a_bundle_that_unpacks_to_far_more_than_it_is_worth_is_not_opened():
    data = zipped([(f"{n}.csv", b"\0" * (8 << 20)) for n in range(5)], stored=False)

    assert sentences(data)[0][0] == "bomb"


def test_a_size_that_is_a_lie_and_a_damaged_file_are_told_with_the_file():
    data = bytearray(zipped([("甲.xlsx", EAST * 3), ("乙.xlsx", EAST)], stored=False))
    struct.pack_into("<I", data, _entries(data)[0] + 24, len(EAST))

    assert [code for code, _ in sentences(bytes(data))] == ["", "lie"]


def test_too_many_files_and_an_empty_or_broken_bundle_are_one_sentence(monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)

    assert sentences(zipped([(f"{n}.csv", b"x") for n in range(4)]))[0][0] == "parts"
    assert sentences(zipped([]))[0][0] == "empty"
    assert sentences(zipped([("空/", b"")]))[0][0] == "empty"
    with incoming.Reader(SUMMARY) as reader:
        broken = zipped([("甲.csv", b"x")])[:-30]
        (reading,) = [reader.read_sent(one) for one in bundles.unpacked("a.zip", broken)]
    assert reading.refused_code == "broken"


@pytest.mark.django_db
class TestTheCommand:
    def read(self, *args):
        out = StringIO()
        call_command("annex", "read", *map(str, args), "--json", stdout=out)
        return json.loads(out.getvalue())

    def test_a_zip_is_read_file_by_file_and_its_folders_name_senders(self, org, tmp_path):
        table = xlsx([HEAD, ("甲岗", "红旗村", "培训")])
        archive = tmp_path / "各县.zip"
        archive.write_bytes(
            zipped([("城东区妇联/汇总表.xlsx", table), ("城西区/汇总表.xlsx", table), ("a.zip", zipped([("b", b"x")]))])
        )  # fmt: skip

        east, west, nested = sorted(
            self.read("pairing-summary", archive), key=lambda one: one["folder"], reverse=True
        )

        assert {one["bundle"] for one in (east, west, nested)} == {"各县.zip"}
        assert {(one["unit"]["name"], one["unit"]["found_in"]) for one in (east, west)} == {
            (org.east.name, "file name"),
            (org.west.name, "file name"),
        }
        assert "还套着一个压缩包" in nested["refused"]

    def test_a_folder_named_after_a_county_names_the_sender(self, org, tmp_path):
        (tmp_path / "城东区").mkdir()
        (tmp_path / "城东区" / "汇总表.xlsx").write_bytes(xlsx([HEAD, ("甲岗", "红旗村", "培训")]))

        (found,) = self.read("pairing-summary", tmp_path)

        assert found["unit"]["name"] == org.east.name
        assert found["file"] == "汇总表.xlsx"

    @pytest.mark.parametrize(
        ("received", "late"), [("2014-05-25", False), ("2014-05-26", True), (None, None)]
    )
    def test_what_came_after_the_due_day_is_late(self, org, calls, tmp_path, received, late):
        (tmp_path / "a.xlsx").write_bytes(EAST)
        more = ["--received", received] if received else []

        (found,) = self.read("pairing-summary", tmp_path / "a.xlsx", *more)

        assert found["late"] is late

    def test_a_day_that_is_none_is_a_sentence(self, org, tmp_path, capsys):
        with pytest.raises(SystemExit):
            self.read("pairing-summary", tmp_path, "--received", "5月")

        assert "不是日期" in capsys.readouterr().err


@pytest.mark.django_db
class TestOurOwnZip:
    @pytest.fixture
    def reported(self, org, people, calls):
        """附件1 of two posts and a committee, reported."""
        for unit, user in (
            (org.east_post, people.post),
            (org.east_post2, people.post2),
            (org.east_committee, people.committee),
        ):
            fill(unit, user, village=org.east_village)
            take("submit", unit, user)
        return org

    def changes(self, org, people, reader):
        made = exports.make(INTENT, unit=org.city, period="2014", user=people.city)
        out = io.BytesIO()
        made.write_to(out)
        found = []
        for sent in bundles.unpacked(made.file_name, out.getvalue()):
            reading = reader.read_sent(sent)
            submission = Submission.objects.unscoped(reason="a test looks at the truth").get(
                annex=INTENT.code, unit__uuid=reading.unit.uuid
            )
            assert reading.own_template
            found += file_meaning.changes(reading, INTENT, submission)
        return found

    def test_the_zip_our_export_makes_comes_back_without_a_difference(self, reported, people):
        with incoming.Reader(INTENT, area=reported.city) as reader:
            found = self.changes(reported, people, reader)

        assert [change["kind"] for change in found] == ["same"] * 3

    def test_whatever_the_forms_say(self, reported, people):
        submission = of(reported.east_post, "pairing-intent")
        row = SubmissionRow.objects.unscoped(reason="a test looks at the truth").get(
            submission=submission
        )
        known = INTENT.known(reported.east_post)

        with incoming.Reader(INTENT, area=reported.city) as reader:

            @settings(
                max_examples=battery.count(8, full=200),
                deadline=None,
                suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
            )
            @given(values=rows_of(INTENT).filter(sound))
            def there_and_back(values):
                row.values = {**values, **known}
                row.save()
                found = self.changes(reported, people, reader)
                assert [change["fields"] for change in found] == [[], [], []]

            there_and_back()
