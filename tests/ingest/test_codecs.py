"""Compressed objects: whole, in parts, cut off, with garbage behind them, and bombs."""

import bz2
import gzip
import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.ingest import codecs
from bartizan.ingest.codecs import Bounds, members
from bartizan.ingest.errors import BadObject

PLAIN = b"".join(b'{"number":%d,"text":"%x"}\n' % (n, hash(n * n) % 2**40) for n in range(60_000))
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda plain: plain,
    "gzip": lambda plain: gzip.compress(plain, 6),
    "zstd": zstd.compress,
    "bzip2": lambda plain: bz2.compress(plain, 1),
    "zip": lambda plain: zipped({"a.json": plain}),
}
IN_PARTS = ["gzip", "zstd", "bzip2"]
COMPRESSED = [*IN_PARTS, "zip"]

MAGICS = [b"", b"\x1f\x8b", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh9", b"PK\x03\x04"]


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


NO_BOUNDS = Bounds()


def read(content: bytes, bounds: Bounds = NO_BOUNDS) -> tuple[bytes, str]:
    """What is good of an object's only member, and the fault after it."""
    good = b""
    try:
        for member in members(io.BytesIO(content), "object", bounds):
            for chunk in member.chunks:
                good += chunk
    except BadObject as error:
        return good, str(error)
    return good, ""


@pytest.mark.parametrize("codec", COMPRESS)
@pytest.mark.parametrize("plain", [PLAIN, b"one", b""], ids=["large", "small", "empty"])
def test_what_was_compressed_comes_out(codec: str, plain: bytes) -> None:
    assert read(COMPRESS[codec](plain)) == (plain, "")


@pytest.mark.parametrize("codec", IN_PARTS)
@settings(max_examples=30)
@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=30))
def test_members_stand_one_after_another(codec: str, parts: list[bytes]) -> None:
    assert read(b"".join(map(COMPRESS[codec], parts))) == (b"".join(parts), "")


def test_small_members_come_in_large_chunks() -> None:
    """The first chunk is what the object's shape is told by."""
    content = b"".join(gzip.compress(line, 1) for line in PLAIN[:50_000].splitlines(keepends=True))
    (member,) = members(io.BytesIO(content), "object", Bounds())
    assert next(member.chunks) == PLAIN[:50_000]


def test_a_zstd_frame_of_someones_own_data_is_passed_over() -> None:
    skippable = b"\x50\x2a\x4d\x18" + struct.pack("<I", 4) + b"mine"
    assert read(skippable + zstd.compress(b"record")) == (b"record", "")


@pytest.mark.parametrize("codec", IN_PARTS)
@pytest.mark.parametrize("part", [0.3, 0.999], ids=["early", "in the trailer"])
def test_of_cut_off_data_the_good_part_is_given(codec: str, part: float) -> None:
    content = COMPRESS[codec](PLAIN)
    good, fault = read(content[: int(len(content) * part)])
    assert PLAIN.startswith(good)
    assert len(good) > len(PLAIN) * part * 0.7
    assert fault == "object: cut off: the compressed data ends too early"


@pytest.mark.parametrize("codec", COMPRESSED)
def test_damage_is_noticed(codec: str) -> None:
    content = bytearray(COMPRESS[codec](PLAIN))
    content[len(content) // 2] ^= 0x55
    good, fault = read(bytes(content))
    assert fault.startswith("object")
    assert "damaged" in fault
    assert good != PLAIN


@pytest.mark.parametrize("codec", IN_PARTS)
def test_garbage_behind_the_data_is_named(codec: str) -> None:
    assert read(COMPRESS[codec](b"record") + b"garbage") == (
        b"record",
        "object: other bytes follow the compressed data",
    )


@pytest.mark.parametrize("codec", IN_PARTS)
def test_zeros_behind_the_data_are_padding(codec: str) -> None:
    padded = COMPRESS[codec](b"record") + bytes(5000)
    assert read(padded) == (b"record", "")
    assert read(padded + COMPRESS[codec](b" more")) == (b"record more", "")


@given(st.binary(max_size=300), st.sampled_from(MAGICS))
def test_random_bytes_crash_nothing(content: bytes, magic: bytes) -> None:
    read(magic + content)


@pytest.mark.parametrize("codec", COMPRESSED)
def test_a_bomb_is_stopped_by_its_ratio(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "RATIO_FREE_BYTES", 1024 * 1024)
    good, fault = read(COMPRESS[codec](bytes(8 * 1024 * 1024)))
    assert "compressed bytes unfold to more than 250 times as many; it looks like a bomb" in fault
    assert fault.startswith("object")
    assert len(good) <= 2 * 1024 * 1024


@pytest.mark.parametrize("codec", COMPRESS)
def test_no_object_unfolds_beyond_its_bound(codec: str) -> None:
    good, fault = read(COMPRESS[codec](PLAIN), Bounds(max_object_bytes=1_500_000))
    assert fault == "object: it unfolds to more than 1500000 bytes"
    assert len(good) <= 1_500_000


def test_the_files_of_an_archive_are_bounded_together() -> None:
    content = zipped({f"{n}.json": bytes(100_000) for n in range(20)})
    good, fault = read(content, Bounds(max_object_bytes=1_000_000))
    assert fault == "object: it unfolds to more than 1000000 bytes"
    assert len(good) <= 1_000_000


def test_sizes_that_an_archive_claims_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "RATIO_FREE_BYTES", 1024 * 1024)
    content = bytearray(zipped({"bomb.json": bytes(4 * 1024 * 1024)}))
    directory = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 20, 2**31)
    assert "bomb" in read(bytes(content))[1] or "damaged" in read(bytes(content))[1]


def test_files_with_hostile_names_are_only_read() -> None:
    files = {"../../etc/x": b"1", "/absolute": b"2", "a/../b": b"3", "C:\\x": b"4", "folder/": b""}
    found = [(member.name, b"".join(member.chunks)) for member in members(io.BytesIO(zipped(files)), "z", Bounds())]
    assert found == [(f"z!{name}", content) for name, content in files.items() if content]


def test_an_encrypted_file_is_named() -> None:
    content = bytearray(zipped({"secret.json": b"text"}))
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    assert read(bytes(content))[1].startswith("object!secret.json: damaged, or not to be opened in its archive: File")


def test_an_archive_of_too_many_files_is_refused() -> None:
    content = zipped({str(n): b"" for n in range(11)})
    assert read(content, Bounds(max_members=10))[1] == "object: it holds 11 files, more than 10"


def test_no_archive_at_all() -> None:
    assert read(b"PK\x03\x04 and so on")[1].startswith("object: not a readable zip archive")


def test_the_checksum_of_gzip_is_verified() -> None:
    content = bytearray(gzip.compress(b"record"))
    content[-5] ^= 1
    assert read(bytes(content))[1].startswith("object: damaged")
