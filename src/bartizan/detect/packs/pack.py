"""A pack that was read: who signed it is found before anything in it is parsed, and every file is what it should be."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.packs.errors import BadPack, NotTrusted
from bartizan.detect.packs.manifest import Manifest, check_runs_here, read_manifest
from bartizan.detect.packs.members import MANIFEST, SIGNATURE, Members, read_members
from bartizan.detect.packs.signing import SIGNATURE_BYTES, PublicKey, signer_of
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import read_rule, read_toml

MAX_RULES = 10_000


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack whose files fit its manifest."""

    where: Path
    """The archive or folder it was read from."""
    manifest: Manifest
    signer: PublicKey | None
    """Who of those that are trusted signed the manifest."""
    members: Members
    """All files, the manifest and its signature among them."""

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest, and with it of everything in the pack."""
        return sha256(self.members[MANIFEST])


def open_pack(path: Path, keys: Sequence[PublicKey], *, allow_unsigned: bool = False) -> Pack:
    """Read a pack from a folder or an archive. Raises `NotTrusted` unless one of `keys` signed it or that is allowed
    not to be, and `BadPack` for what doesn't fit."""
    members = read_members(path)
    where = str(path)
    if MANIFEST not in members:
        raise BadPack(f"there is no {MANIFEST} in it", where=where)
    signature = members.get(SIGNATURE, b"")
    signer = signer_of(members[MANIFEST], signature, keys) if len(signature) == SIGNATURE_BYTES else None
    if signer is None and not allow_unsigned:
        raise _not_trusted(signature, where)
    manifest = read_manifest(members[MANIFEST], f"{where}: {MANIFEST}")
    check_runs_here(manifest, where)
    _check_files(manifest, members, where)
    return Pack(path, manifest, signer, members)


def read_rules(pack: Pack, folder: Path, attack: Attack) -> list[Rule | RuleError]:
    """The rules of a pack whose files are, or will be, in `folder`; a bad rule is an error and stops no other. Raises
    `BadPack` for two rules of one id, and for more rules than a pack may have."""
    files = list(rule_files(pack))
    if len(files) > MAX_RULES:
        raise BadPack(f"it has more than {MAX_RULES:,} rules", where=str(pack.where))
    found = [_rule(pack.members[path], folder / path, attack) for path in files]
    seen: dict[str, Path] = {}
    for rule in found:
        if isinstance(rule, Rule) and (other := seen.setdefault(rule.id, rule.file)) != rule.file:
            names = " and ".join(str(file.relative_to(folder)) for file in (other, rule.file))
            raise BadPack(f"id `{rule.id}` is the one of {names}", where=str(pack.where))
    return found


def rule_files(pack: Pack) -> Iterator[str]:
    """Paths of the files that hold a rule."""
    return (path for path in sorted(pack.manifest.files) if PurePosixPath(path).suffix == ".toml")


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _rule(content: bytes, file: Path, attack: Attack) -> Rule | RuleError:
    try:
        return read_rule(read_toml(content, str(file)), str(file), file, attack)
    except RuleError as error:
        return error


def _check_files(manifest: Manifest, members: Members, where: str) -> None:
    """Both ways: each file that the manifest names is as it says, and there is no other."""
    for path, digest in manifest.files.items():
        if path not in members:
            raise BadPack(f"{path} is missing", where=where)
        if not hmac.compare_digest(sha256(members[path]), digest):
            raise BadPack(f"{path} is not what the manifest says: its SHA-256 differs", where=where)
    if extra := sorted(members.keys() - manifest.files.keys() - {MANIFEST, SIGNATURE}):
        raise BadPack(f"{extra[0]} is not in the manifest", where=where)


def _not_trusted(signature: bytes, where: str) -> NotTrusted:
    if not signature:
        return NotTrusted("it is not signed", where=where, hint="--allow-unsigned takes it nevertheless")
    hint = "trust its author's key: `bartizan packs trust AUTHOR.pub`"
    return NotTrusted("nobody who is trusted has signed it as it is", where=where, hint=hint)
