"""Photos of a log: the picture is kept, and nothing of where, when and with what it was taken."""

import struct
import zlib
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.urls import reverse

from federation import kept_files
from pairing import logs, photos
from tests.access.pairing_logs import DOT, log

PLACE = b"GPS 24.8 118.6 owner's phone"


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def exif(way: int, order: str) -> bytes:
    """A block as cameras write it: which way up, and where."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 8)
    entry = struct.pack(f"{order}HHI", 0x0112, 3, 1) + struct.pack(f"{order}HH", way, 0)
    return b"Exif\0\0" + head + struct.pack(f"{order}H", 1) + entry + b"\0\0\0\0" + PLACE


DRAWN = segment(0xDB, bytes(65)) + segment(0xC0, bytes(15)) + segment(0xC4, bytes(20))
SCAN = segment(0xDA, bytes(10)) + b"\x12\xff\x00\x34\xff\xd0\x56"
JFIF = segment(0xE0, b"JFIF\0" + bytes(9))


def jpeg(*blocks: bytes, after: bytes = b"") -> bytes:
    return b"\xff\xd8" + JFIF + b"".join(blocks) + DRAWN + SCAN + SCAN + b"\xff\xd9" + after


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("way", [1, 6])
def test_a_jpeg_keeps_its_picture_and_which_way_up(order, way):
    told = segment(0xE1, exif(way, order)), segment(0xED, PLACE), segment(0xFE, PLACE)

    kept = photos.bare(jpeg(*told, segment(0xE2, PLACE), after=b"a film behind it" + PLACE))

    turned = segment(0xE1, photos.UPRIGHT % way) if way > 1 else b""
    assert kept == jpeg(turned)
    assert photos.bare(kept) == kept
    if way > 1:
        assert photos._orientation(turned[4:]) == way


def test_a_png_keeps_its_picture():
    texts = chunk(b"tEXt", PLACE) + chunk(b"eXIf", PLACE) + chunk(b"tIME", bytes(7))
    head, rest = DOT[:33], DOT[33:]

    assert photos.bare(head + texts + rest + PLACE) == DOT


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        jpeg()[:-2],
        jpeg()[:60],
        DOT[:50],
        b"\xff\xd8\xff\xd9",
        b"<svg/>",
        DOT[:-12],
    ],
)
def test_what_is_no_whole_picture_is_refused(content):
    with pytest.raises((ValueError, IndexError, struct.error)):
        photos.bare(content)


def upload(content: bytes, name: str = "IMG_16900000301.JPG") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def entered(pairs, people):
    scene = SimpleNamespace(pairs=pairs, people=people)
    return log(SimpleNamespace(case=""), scene)


def test_a_log_has_three_photos_at_most_each_once_and_loses_them_from_the_disk(
    entered, people, media
):
    first = photos.add(entered, upload(jpeg()), by=people.county)
    again = photos.add(entered, upload(jpeg(after=PLACE)), by=people.county)
    for n in (1, 2):
        photos.add(entered, upload(jpeg(segment(0xDB, bytes((n,)) * 65))), by=people.county)

    assert again == first
    assert "16900000301" not in first.name
    refused = {
        "四张": upload(jpeg(segment(0xDB, b"\3" * 65))),
        "别的": upload(b"%PDF-1.4", "a.pdf"),
        "坏的": upload(b"\xff\xd8\xff", "a.jpg"),
        "大的": upload(jpeg() + bytes(photos.LARGEST), "a.jpg"),
    }
    for picture in refused.values():
        with pytest.raises(ValidationError):
            photos.add(entered, picture, by=people.county)
    with pytest.raises(PermissionDenied):
        photos.add(entered, upload(jpeg()), by=people.village)
    assert first.file in set(kept_files.owned())
    photos.remove(first, by=people.county)
    assert entered.photos.count() == 2


def test_a_photo_is_shown_to_who_reads_the_log(entered, people, client, media):
    photo = photos.add(entered, upload(jpeg()), by=people.county)
    url = reverse("pairing:log_photo", args=[photo.file])
    client.force_login(people.post)
    answer = client.get(url)

    assert answer["Content-Type"] == "image/jpeg"
    assert answer.getvalue() == jpeg()
    client.force_login(people.sibling)
    assert client.get(url).status_code == 404
    logs.withdraw(entered, by=people.county, reason="记错了")
    with pytest.raises(ValidationError):
        photos.add(entered, upload(DOT, "b.png"), by=people.county)
    with pytest.raises(Http404):
        photos.found(entered.photos.all(), "no uuid")
