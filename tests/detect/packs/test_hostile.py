"""Packs that mean harm: each is refused before anything of it is in force, and nothing is written outside."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.detect.attack.registry import Attack
from bartizan.detect.packs import members as bounds
from bartizan.detect.packs.build import archive, build
from bartizan.detect.packs.errors import BadPack, NotTrusted, PackError
from bartizan.detect.packs.loaded import Packs, load_packs
from bartizan.detect.packs.manifest import MAX_TEXT, read_manifest
from bartizan.detect.packs.members import MANIFEST, SIGNATURE, check_path, read_members
from bartizan.detect.packs.pack import sha256
from bartizan.detect.packs.signing import load_signing_key, new_keys, trust
from bartizan.detect.packs.update import Allowed, install, update
from bartizan.detect.toml_text import toml_text
from tests.detect.packs.conftest import RULE, Desk

RULE_TEXT = toml_text(RULE).encode()
UNSIGNED = Allowed(unsigned=True)


def manifest(content: dict[str, bytes], /, **changes: Any) -> bytes:
    digests = {path: sha256(one) for path, one in content.items()}
    head = {"id": "acme.aws", "name": "n", "version": "1.0.0", "description": "d", "author": "a", "files": digests}
    return toml_text({**head, **changes}).encode()


def tar(*entries: tuple[str, bytes | str], kind: bytes = tarfile.REGTYPE, format: int = tarfile.USTAR_FORMAT) -> bytes:
    """A `.tar.gz` of files; a text is what a link leads to."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=format) as opened:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = kind, content
                opened.addfile(entry)
            else:
                entry.size = len(content)
                opened.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def signed(desk: Desk, content: dict[str, bytes], /, **changes: Any) -> bytes:
    """A pack of these files by an author who is trusted."""
    text = manifest(content, **changes)
    return tar((MANIFEST, text), (SIGNATURE, desk.key.sign(text)), *content.items())


def refused(desk: Desk, content: bytes, said: str, kind: type[PackError] = BadPack) -> None:
    """It can't be installed, whatever is allowed, and leaves nothing."""
    file = desk.folder / "hostile.tar.gz"
    file.write_bytes(content)
    with pytest.raises(kind, match=said):
        install(desk.installed, desk.read(file, UNSIGNED), desk.attack)
    assert load_packs(desk.installed, desk.attack).loaded == ()
    assert not list(desk.installed.root.glob("installed/*"))


OUT = [
    "../evil.toml",
    "/etc/evil.toml",
    "a/../../evil.toml",
    "a//b.toml",
    ".hidden",
    "a/.git/x",
    "a\\b",
    "a\nb",
    "ü.toml",
]


@pytest.mark.parametrize("path", [*OUT, "a/b/c/d/e/f/g.toml", "x" * 101])
def test_paths_that_lead_out(desk: Desk, path: str) -> None:
    with pytest.raises(BadPack, match="is no path of a file in a pack"):
        check_path(path, "x")
    if len(path) <= 100:
        refused(desk, tar((MANIFEST, b""), (path, RULE_TEXT)), "is no path of a file in a pack")
    refused(desk, signed(desk, {"r.toml": RULE_TEXT}, files={path: "0" * 64}), "is no path of a file in a pack")
    assert not (desk.folder.parent / "evil.toml").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices(desk: Desk, kind: bytes) -> None:
    refused(desk, tar(("pack.toml", "/etc/passwd"), kind=kind), "is neither a file nor a folder")


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_headers_of_any_length(desk: Desk, format: int) -> None:
    refused(desk, tar(("x" * 300, RULE_TEXT), format=format), "is neither a file nor a folder")


def test_links_in_a_folder(desk: Desk) -> None:
    folder = desk.source("1.0.0", RULE)
    (folder / "rules" / "link.toml").symlink_to("/etc/passwd")
    with pytest.raises(BadPack, match="a pack has no links"):
        read_members(folder)
    (folder / "rules" / "link.toml").unlink()
    os.mkfifo(folder / "pipe.toml")
    with pytest.raises(BadPack, match="neither a file nor a folder"):
        read_members(folder)


def test_a_bomb(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_PACK_BYTES", 1_000_000)
    refused(desk, tar((MANIFEST, bytes(3_000_000))), "unfolds to more than 1000000 bytes")
    nested = gzip.compress(tar((MANIFEST, b"")))
    refused(desk, nested, "the archive is (damaged|cut off)")


@pytest.mark.slow
def test_a_bomb_of_ten_gigabytes(desk: Desk) -> None:
    block = gzip.compress(bytes(100_000_000))
    refused(desk, block * 100, "unfolds to more than")


def test_an_archive_that_lies_about_sizes(desk: Desk) -> None:
    entry = tarfile.TarInfo(MANIFEST)
    entry.size = 2**33 - 1
    refused(desk, gzip.compress(entry.tobuf(tarfile.USTAR_FORMAT)), "the archive is cut off")
    block = bytearray(entry.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = b"\xff" * 12
    block[148:156] = b"%06o\0 " % (256 + sum(block[:148]) + sum(block[156:512]))
    refused(desk, gzip.compress(bytes(block)), "neither a file nor a folder")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b", gzip.compress(b"x" * 600), gzip.compress(b"")])
def test_what_is_no_archive(desk: Desk, content: bytes) -> None:
    refused(desk, content, "no .tar.gz|cut off|damaged|there is no pack.toml")


def test_a_name_that_comes_twice(desk: Desk) -> None:
    refused(desk, tar((MANIFEST, b"a"), (MANIFEST, b"b")), "comes twice")


def test_too_many_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"r{number}.toml": b"" for number in range(30)}
    with monkeypatch.context() as patched:
        patched.setattr(bounds, "MAX_FILES", 20)
        refused(desk, signed(desk, many), "more than 20 files")
    with monkeypatch.context() as patched:
        patched.setattr("bartizan.detect.packs.manifest.MAX_FILES", 20)
        refused(desk, signed(desk, many), "`files` must be a table of at most 20 files")
    with monkeypatch.context() as patched:
        patched.setattr("bartizan.detect.packs.pack.MAX_RULES", 20)
        refused(desk, signed(desk, many), "more than 20 rules")


@pytest.mark.slow
def test_a_hundred_thousand_rules(desk: Desk) -> None:
    refused(desk, signed(desk, {f"r{number}.toml": b"" for number in range(100_000)}), "more than 20,000 files")


def test_a_huge_manifest(desk: Desk) -> None:
    refused(desk, tar((MANIFEST, b" " * 4_000_001)), "the file has more than 4,000,000 bytes")
    refused(desk, signed(desk, {"r.toml": RULE_TEXT}, name="x" * (MAX_TEXT + 1)), "`name` is longer than")
    refused(desk, tar((MANIFEST, b"a = " + b"[" * 100_000)), "cannot read it")
    refused(desk, tar((MANIFEST, b"a." * 1_000_000 + b"a = 1")), "a key of more than 16 parts")


def test_files_and_the_manifest_must_fit(desk: Desk) -> None:
    good = {"r.toml": RULE_TEXT}
    text = manifest(good)
    sign = (SIGNATURE, desk.key.sign(text))
    refused(desk, tar((MANIFEST, text), sign), "r.toml is missing")
    refused(desk, tar((MANIFEST, text), sign, ("r.toml", b"id = 1")), "its SHA-256 differs")
    refused(desk, tar((MANIFEST, text), sign, ("r.toml", RULE_TEXT), ("x.toml", RULE_TEXT)), "x.toml is not in the")
    refused(desk, signed(desk, good, files={}), "`files` names no file")
    refused(desk, signed(desk, good, files={"r.toml": "00"}), "`files` has no SHA-256")
    refused(desk, signed(desk, good, files={MANIFEST: "0" * 64}), "names pack.toml itself")
    refused(desk, tar(("r.toml", RULE_TEXT)), "there is no pack.toml")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "../../evil"}, "is no id of a pack"),
        ({"id": ".."}, "is no id of a pack"),
        ({"id": 3}, "must be a text"),
        ({"version": "one"}, "is no version"),
        ({"min_bartizan": "999.0.0"}, "made for Bartizan 999.0.0"),
        ({"format": 2}, "format 2 is not known"),
        ({"surprise": 1}, "unknown key `surprise`"),
        ({"files": []}, "must be a table"),
    ],
)
def test_manifests_that_say_something_else(desk: Desk, changes: dict[str, Any], said: str) -> None:
    refused(desk, signed(desk, {"r.toml": RULE_TEXT}, **changes), said)


def test_ids_that_come_twice(desk: Desk) -> None:
    refused(desk, signed(desk, {"a.toml": RULE_TEXT, "b.toml": RULE_TEXT}), "id `r-1` is the one of a.toml and b.toml")


def test_a_file_that_is_a_folder_too(desk: Desk) -> None:
    other = toml_text({**RULE, "id": "r-2"}).encode()
    file = desk.folder / "hostile.tar.gz"
    file.write_bytes(signed(desk, {"a.toml": RULE_TEXT, "a.toml/b.toml": other}))
    with pytest.raises(PackError, match="cannot write"):
        install(desk.installed, desk.read(file), desk.attack)
    assert load_packs(desk.installed, desk.attack) == Packs()
    assert not list(desk.installed.root.glob("installed/*/*"))


def test_a_signature_that_is_none(desk: Desk) -> None:
    good = {"r.toml": RULE_TEXT}
    text, other = manifest(good), manifest(good, version="1.0.1")
    new_keys("stranger", desk.folder)
    stranger = load_signing_key(desk.folder / "stranger.key")
    for signature in (b"", b"x", bytes(64), bytes(1000), desk.key.sign(other), stranger.sign(text)):
        file = desk.folder / "unsigned.tar.gz"
        file.write_bytes(tar((MANIFEST, text), (SIGNATURE, signature), *good.items()))
        with pytest.raises(NotTrusted):
            desk.read(file)
        assert desk.read(file, UNSIGNED).signer is None


def test_nothing_is_parsed_of_what_nobody_signed(desk: Desk) -> None:
    file = desk.folder / "unsigned.tar.gz"
    file.write_bytes(tar((MANIFEST, b"no toml")))
    with pytest.raises(NotTrusted, match="is not signed"):
        desk.read(file)


def test_an_unsigned_pack_takes_no_signed_ones_place_unasked(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    with pytest.raises(NotTrusted):
        desk.read(desk.archive("1.1.0", RULE, signed=False))
    pack = desk.read(desk.folder / "acme.aws-1.1.0-unsigned.tar.gz", UNSIGNED)
    update(desk.installed, pack, UNSIGNED, desk.attack)
    assert load_packs(desk.installed, desk.attack).loaded[0].signer is None


def test_an_installed_pack_that_was_changed_is_named_and_the_others_go_on(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    desk.install("1.0.0", {**RULE, "id": "r-2"}, id="other")
    first, _ = load_packs(desk.installed, desk.attack).loaded
    (first.folder / "rules" / "rule0.toml").write_text(toml_text({**RULE, "query": "event.action: nothing"}))
    found = load_packs(desk.installed, desk.attack)
    assert [one.manifest.id for one in found.loaded] == ["other"]
    assert "pack `acme.aws`: rules/rule0.toml is not what the manifest says" in str(found.problems[0])


def test_an_installed_pack_is_exchanged_or_its_key_is_trusted_no_more(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    (pack,) = load_packs(desk.installed, desk.attack).loaded
    text = (pack.folder / MANIFEST).read_bytes()
    (pack.folder / MANIFEST).write_bytes(text.replace(b"Acme AWS", b"Evil"))
    assert isinstance(load_packs(desk.installed, desk.attack).problems[0], NotTrusted)
    (pack.folder / MANIFEST).write_bytes(text)
    (desk.installed.keys / "acme.pub").unlink()
    assert isinstance(load_packs(desk.installed, desk.attack).problems[0], NotTrusted)
    (desk.installed.keys / "acme.pub").write_text("no key")
    assert len(load_packs(desk.installed, desk.attack).problems) == 2


@pytest.mark.parametrize("text", ["", "folder = 3", 'folder = "../../evil"\ndigest = "x"\nversion = "1.0.0"', "\x00"])
def test_a_pointer_that_was_changed(desk: Desk, text: str) -> None:
    desk.install("1.0.0", RULE)
    (desk.installed.root / "installed" / "acme.aws" / "current.toml").write_text(text)
    found = load_packs(desk.installed, desk.attack)
    assert (found.loaded, len(found.problems)) == ((), 1)


def test_keys(desk: Desk) -> None:
    file = desk.folder / "acme.key"
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(PackError, match="cannot write"):
        new_keys("acme", desk.folder)
    with pytest.raises(PackError, match="no public Ed25519 key") as caught:
        trust(file, desk.installed.keys)
    assert "PRIVATE" not in str(caught.value)
    assert "PRIVATE" not in repr(desk.key)
    with pytest.raises(PackError, match="no private Ed25519 key"):
        load_signing_key(desk.folder / "acme.pub")
    other = desk.folder / "other"
    other.mkdir()
    new_keys("acme", other)
    with pytest.raises(NotTrusted, match="another key is trusted under the name `acme`"):
        trust(other / "acme.pub", desk.installed.keys)


def test_a_pack_is_the_same_bytes_each_time(desk: Desk) -> None:
    source = desk.source("1.0.0", RULE)
    first, again = (archive(build(source, desk.key, desk.attack).members) for _ in range(2))
    assert first == again


def test_what_is_signed_must_run(desk: Desk) -> None:
    with pytest.raises(PackError, match="key `name` is missing"):
        build(desk.source("1.0.0", {"id": "x"}), desk.key, desk.attack)
    with pytest.raises(BadPack, match="there are no rules"):
        build(desk.source("1.0.1"), desk.key, desk.attack)


@settings(max_examples=40)
@given(st.binary(max_size=2000), st.booleans())
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes, is_packed: bool) -> None:
    file = tmp_path_factory.getbasetemp() / "any.tar.gz"
    file.write_bytes(gzip.compress(content) if is_packed else content)
    silent(lambda: read_members(file))
    silent(lambda: read_manifest(content, "x"))


@settings(max_examples=40)
@given(st.data())
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, attack: Attack, data: st.DataObject) -> None:
    """A byte of the plain archive is another one: what is read is refused or the same."""
    plain = bytearray(gzip.decompress(tar((MANIFEST, manifest({"r.toml": RULE_TEXT})), ("r.toml", RULE_TEXT))))
    at = data.draw(st.integers(0, 2500))
    plain[at] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "damaged.tar.gz"
    file.write_bytes(gzip.compress(bytes(plain)))
    silent(lambda: read_members(file))


def silent(read: Callable[[], object]) -> None:
    with suppress(PackError):
        read()
