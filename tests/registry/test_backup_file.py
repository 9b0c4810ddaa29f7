"""The sealed file: it opens whole and under its own key, or it says what is wrong with it."""

import io

import pytest
from battery import count, report

from administration.backup import Refused, archive, sealing
from administration.backup.settling import Settled
from administration.management.commands import restore

CHUNK = sealing.CHUNK + sealing.TAG


@pytest.fixture
def key(tmp_path):
    sealing.make_key(tmp_path / "backup.key")
    return sealing.read_key(tmp_path / "backup.key")


def sealed(key, plain: bytes) -> bytes:
    out = io.BytesIO()
    sealer = sealing.Sealer(out, key)
    sealer.write(plain)
    sealer.finish()
    return out.getvalue()


def opened(key, held: bytes) -> bytes:
    return io.BufferedReader(sealing.Opener(io.BytesIO(held), key)).read()


@pytest.mark.parametrize(
    "size", [0, 1, sealing.CHUNK - 1, sealing.CHUNK, sealing.CHUNK + 1, 3 << 20]
)
def test_what_was_sealed_is_read_back(key, size):
    plain = bytes(range(251)) * (size // 251 + 1)
    held = sealed(key, plain[:size])

    assert opened(key, held) == plain[:size]
    assert held != sealed(key, plain[:size])


def test_a_key_is_written_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "backup.key"
    sealing.make_key(path)
    first = path.read_text()

    with pytest.raises(Refused, match="已经存在"):
        sealing.make_key(path)
    assert path.read_text() == first
    assert path.stat().st_mode & 0o777 == 0o400
    path.chmod(0o600)
    path.write_text("not a key")
    with pytest.raises(Refused, match="不是备份密钥文件"):
        sealing.read_key(path)
    with pytest.raises(Refused, match="读不到备份密钥文件"):
        sealing.read_key(tmp_path / "nowhere")


def test_another_key_is_told_from_damage(key, tmp_path):
    sealing.make_key(tmp_path / "other.key")
    with pytest.raises(Refused, match="密钥不对"):
        opened(sealing.read_key(tmp_path / "other.key"), sealed(key, b"words"))


def test_no_chunk_can_be_left_out_repeated_or_put_elsewhere(key):
    head, *_ = held = sealed(key, bytes(3 << 20) + b"the last words")
    assert head == sealing.MAGIC[0]
    start = sealing.HEADER
    chunks = [held[start + n * CHUNK : start + (n + 1) * CHUNK] for n in range(4)]
    assert opened(key, held[:start] + b"".join(chunks)) == bytes(3 << 20) + b"the last words"
    for wrong in ([1, 0, 2, 3], [0, 2, 3], [0, 0, 1, 2, 3], [0, 1, 2], [3], [0, 1, 2, 3, 3], []):
        with pytest.raises(Refused, match=r"损坏|不完整"):
            opened(key, held[:start] + b"".join(chunks[n] for n in wrong))


def test_chunks_of_another_file_do_not_fit(key):
    one, other = sealed(key, bytes(2 << 20)), sealed(key, bytes(2 << 20))
    with pytest.raises(Refused, match="损坏"):
        opened(key, one[: sealing.HEADER + CHUNK] + other[sealing.HEADER + CHUNK :])


@pytest.mark.battery("T26")
def test_any_changed_or_missing_byte_is_found(key):
    """Every byte of a small file, or some hundreds of it; cut off at each of these places, too."""
    held = sealed(key, "林演甲子，990505".encode() * 20)
    step = max(1, len(held) // count(60, full=len(held)))
    tried = 0
    for place in range(0, len(held), step):
        changed = held[:place] + bytes([held[place] ^ 1]) + held[place + 1 :]
        for wrong in (changed, held[:place]):
            with pytest.raises(Refused, match=r"。$"):
                opened(key, wrong)
            tried += 1
    report("T26", f"{tried} changed or cut archives, {tried} refused")


def test_a_newer_format_is_told_from_damage(key):
    held = bytearray(sealed(key, b"words"))
    held[9] += 1
    with pytest.raises(Refused, match="第 2 版格式"):
        opened(key, bytes(held))


# -- Parts ----------------------------------------------------------------------------------------
def written(parts, manifest=None) -> bytes:
    out = io.BytesIO()
    writer = archive.Writer(out)
    for name, data, pack in parts:
        writer.part(name, [data], pack=pack)
    writer.end(manifest or {})
    return out.getvalue()


def test_parts_are_read_back_and_proved_by_the_manifest():
    held = written([("a", b"x" * (1 << 20), True), ("b", b"", True), ("c", bytes(300), False)])

    told = archive.proved(io.BytesIO(held))

    assert [told["parts"][name][0] for name in "abc"] == [1 << 20, 0, 300]
    read = [
        (name, len(b"".join(blocks))) for name, blocks in archive.Reader(io.BytesIO(held)).parts()
    ]
    assert read[:3] == [("a", 1 << 20), ("b", 0), ("c", 300)]


def test_a_part_that_is_not_what_the_manifest_says_is_refused():
    out = io.BytesIO()
    writer = archive.Writer(out)
    writer.part("a", [b"one"])
    writer.sums["a"] = archive.Sum(3, "0" * 64)
    writer.end({})
    with pytest.raises(Refused, match="与它自己的清单不符（a 等 1 项）"):
        archive.proved(io.BytesIO(out.getvalue()))


@pytest.mark.parametrize("end", [-1, -20, 40])
def test_half_a_stream_of_parts_is_refused(end):
    held = written([("a", b"x" * 500, False)])
    with pytest.raises(Refused, match=r"内部结构读不懂|没有清单"):
        archive.proved(io.BytesIO(held[:end]))


# -- What a restore says --------------------------------------------------------------------------
@pytest.mark.parametrize("there", [True, False])
def test_a_restore_says_that_it_knows_of_no_erasures(settings, tmp_path, there):
    settings.ERASURE_LOG_FILE = str(tmp_path / "erased.txt")
    if there:
        (tmp_path / "erased.txt").touch()
    said = io.StringIO()

    restore.Command(stdout=io.StringIO(), stderr=said)._tell(Settled(0, 0, 0, 0, 0, 0))

    assert ("没有删除登记文件" in said.getvalue()) is not there
