"""Makes a pack of a folder: the manifest with a digest of each file, its signature, and one archive that is the same
bytes each time."""

import gzip
import io
import tarfile
from dataclasses import replace
from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.packs.errors import BadPack, PackError
from bartizan.detect.packs.manifest import manifest_text, read_head
from bartizan.detect.packs.members import MANIFEST, SIGNATURE, Members, read_members
from bartizan.detect.packs.pack import Pack, read_rules, sha256
from bartizan.detect.packs.signing import SigningKey
from bartizan.detect.rule_writing import write_file

ARCHIVE_SUFFIX = ".tar.gz"


def build(folder: Path, key: SigningKey | None, attack: Attack) -> Pack:
    """The pack of a folder's files, signed where there is a key. Raises `PackError` for a rule that can't be read:
    what is signed should run."""
    members = read_members(folder)
    if MANIFEST not in members:
        hint = "write one with id, name, version, description and author; docs/packs.md has an example"
        raise BadPack(f"there is no {MANIFEST} in it", where=str(folder), hint=hint)
    head = read_head(members[MANIFEST], str(folder / MANIFEST))
    files = {path: content for path, content in members.items() if path not in (MANIFEST, SIGNATURE)}
    digests = {path: sha256(content) for path, content in files.items()}
    manifest = replace(head, signed_by=key.fingerprint if key else "", files=digests)
    text = manifest_text(manifest).encode()
    signed = {SIGNATURE: key.sign(text)} if key else {}
    pack = Pack(folder, manifest, None, {MANIFEST: text, **signed, **files})
    _check_rules(pack, attack)
    return pack


def write_pack(pack: Pack, into: Path) -> None:
    """Write an archive (`*.tar.gz`), or the manifest and its signature beside the files of the pack's own folder.
    Raises `PackError`."""
    try:
        if into.name.endswith(ARCHIVE_SUFFIX):
            write_file(into, archive(pack.members))
        elif into.resolve() == pack.where.resolve():
            _write_beside(pack.members, into)
        else:
            raise PackError(f"can't write a pack to {into}", hint=f"name a file *{ARCHIVE_SUFFIX}, or its own folder")
    except OSError as error:
        raise PackError(f"cannot write: {error.strerror or error}", where=str(into)) from error


def archive(members: Members) -> bytes:
    """One archive, the manifest first; no time, owner or order of the folder is in it."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 9, packed, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as opened,
    ):
        for path in sorted(members, key=lambda path: (path not in (MANIFEST, SIGNATURE), path)):
            entry = tarfile.TarInfo(path)
            entry.size = len(members[path])
            opened.addfile(entry, io.BytesIO(members[path]))
    return packed.getvalue()


def _write_beside(members: Members, folder: Path) -> None:
    write_file(folder / MANIFEST, members[MANIFEST])
    if SIGNATURE in members:
        write_file(folder / SIGNATURE, members[SIGNATURE])
    else:
        (folder / SIGNATURE).unlink(missing_ok=True)


def _check_rules(pack: Pack, attack: Attack) -> None:
    found = read_rules(pack, pack.where, attack)
    if not found:
        raise BadPack("there are no rules in it", where=str(pack.where))
    for rule in found:
        if isinstance(rule, RuleError):
            raise PackError(rule.message, where=rule.where, hint=rule.hint)
