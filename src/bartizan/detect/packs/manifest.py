"""A pack's manifest, `pack.toml`: what the pack is, and a digest of every file in it. Its bytes are what is signed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bartizan import __version__
from bartizan.detect.errors import RuleError
from bartizan.detect.keys import Keys
from bartizan.detect.packs.errors import BadPack
from bartizan.detect.packs.members import MANIFEST, MAX_FILES, SIGNATURE, check_path
from bartizan.detect.packs.version import Version, read_version
from bartizan.detect.rule_file import read_toml
from bartizan.detect.toml_text import toml_text

FORMAT = 1
MAX_TEXT = 10_000
"""Characters of a text in it."""
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HINT = "docs/packs.md lists the keys"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says of itself."""

    id: str
    """1 to 64 of a-z, 0-9, `.`, `_`, `-`; it names the folder that the pack is installed in."""
    name: str
    version: Version
    description: str
    author: str
    min_bartizan: Version
    """The oldest Bartizan that understands its rules."""
    signed_by: str = ""
    """Fingerprint of the key that it claims to be signed with; the signature alone decides."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 in hexadecimal of every other file, by its path in the pack."""


def read_manifest(content: bytes, where: str) -> Manifest:
    """The manifest of a finished pack; raises `BadPack`."""
    manifest = read_head(content, where)
    if not manifest.files:
        raise BadPack("`files` names no file", where=where, hint="`bartizan packs build` writes it")
    return manifest


def read_head(content: bytes, where: str) -> Manifest:
    """A manifest that may not name its files yet, as the author of a pack writes it; raises `BadPack`."""
    try:
        return _read(Keys(read_toml(content, where), where), where)
    except BadPack:
        raise
    except RuleError as error:
        raise BadPack(error.message, where=error.where, hint=error.hint) from error


def manifest_text(manifest: Manifest) -> str:
    """The file."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "id": manifest.id,
        "name": manifest.name,
        "version": manifest.version.text,
        "description": manifest.description,
        "author": manifest.author,
        "min_bartizan": manifest.min_bartizan.text,
    }
    signed_by = {"signed_by": manifest.signed_by} if manifest.signed_by else {}
    return toml_text({**head, **signed_by, "files": dict(sorted(manifest.files.items()))})


def check_runs_here(manifest: Manifest, where: str) -> None:
    """Raises `BadPack` for a pack that is made for a newer Bartizan."""
    if read_version(__version__, "bartizan") < manifest.min_bartizan:
        hint = f"this is {__version__}"
        raise BadPack(f"it is made for Bartizan {manifest.min_bartizan} or newer", where=where, hint=hint)


def _read(keys: Keys, where: str) -> Manifest:
    if (format := keys.whole("format", FORMAT)) != FORMAT:
        raise BadPack(f"its format {format} is not known here", where=where, hint=f"known is {FORMAT}")
    manifest = Manifest(
        id=_id(keys.text("id"), where),
        name=_text(keys, "name"),
        version=read_version(keys.text("version"), where),
        description=_text(keys, "description"),
        author=_text(keys, "author"),
        min_bartizan=read_version(keys.text("min_bartizan", "0.0.0"), where),
        signed_by=_text(keys, "signed_by", ""),
        files=_files(keys.raw("files"), where),
    )
    if unknown := keys.unasked():
        raise BadPack(f"unknown key `{unknown[0]}`", where=where, hint=_HINT)
    return manifest


def _id(text: str, where: str) -> str:
    if not _ID.fullmatch(text):
        hint = "1 to 64 of a-z, 0-9, `.`, `_`, `-`, the first a letter or digit"
        raise BadPack(f"`{text[:64]}` is no id of a pack", where=where, hint=hint)
    return text


def _text(keys: Keys, key: str, default: str | None = None) -> str:
    text = keys.text(key, default)
    if len(text) > MAX_TEXT:
        raise keys.error(key, f"is longer than {MAX_TEXT:,} characters")
    return text


def _files(said: Any, where: str) -> dict[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict) or len(said) > MAX_FILES:
        raise BadPack(f"`files` must be a table of at most {MAX_FILES:,} files", where=where)
    for path, digest in said.items():
        check_path(path, where)
        if path in (MANIFEST, SIGNATURE):
            raise BadPack(f"`files` names {path} itself", where=where)
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise BadPack(f"`files` has no SHA-256 for {path}", where=where)
    return said
