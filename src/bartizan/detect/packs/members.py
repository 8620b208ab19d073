"""The files of a pack, of a folder or a `.tar.gz`, held in memory and bounded: nothing is written under their names."""

import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bartizan.detect.packs.errors import BadPack
from bartizan.ingest.codecs import Bounds, members
from bartizan.ingest.errors import BadObject

MANIFEST = "pack.toml"
SIGNATURE = "pack.sig"
MAX_FILES = 20_000
MAX_PACK_BYTES = 64 * 1024 * 1024
"""Plain bytes of all files, with the archive's own."""
MAX_DEPTH = 6
MAX_PATH = 155
"""Characters of a path, a hundred of a step: what a header of ustar has room for."""
_STEP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_GZIP = b"\x1f\x8b"

Members = Mapping[str, bytes]
"""Content by path, with `/` between folders."""


def read_members(path: Path) -> dict[str, bytes]:
    """All files of a pack. Raises `BadPack` for links, devices, paths that lead out, names that come twice, and for
    more files or bytes than a pack may have; hidden files of a folder are left out."""
    try:
        found = _walked(path, path) if path.is_dir() else _unpacked(_plain(path), str(path))
        return _collected(found, str(path))
    except OSError as error:
        raise BadPack(f"cannot read it: {error.strerror or error}", where=str(path)) from error


def check_path(path: str, where: str) -> None:
    """Raises `BadPack` for what is no plain path below the pack's folder."""
    steps = path.split("/")
    if len(path) > MAX_PATH or len(steps) > MAX_DEPTH or not all(map(_STEP.fullmatch, steps)):
        hint = "letters, digits, `_`, `-` and `.`, none hidden, six levels at most"
        raise BadPack(f"`{path[:MAX_PATH]}` is no path of a file in a pack", where=where, hint=hint)


def _collected(found: Iterator[tuple[str, bytes]], where: str) -> dict[str, bytes]:
    collected: dict[str, bytes] = {}
    size_bytes = 0
    for path, content in found:
        check_path(path, where)
        if path in collected:
            raise BadPack(f"{path} comes twice", where=where)
        collected[path] = content
        size_bytes += len(content)
        if len(collected) > MAX_FILES or size_bytes > MAX_PACK_BYTES:
            raise BadPack(f"it has more than {MAX_FILES:,} files or {MAX_PACK_BYTES:,} bytes", where=where)
    return collected


def _walked(folder: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    """Depth is bounded by `check_path`, of the folders too."""
    with os.scandir(folder) as entries:
        listed = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    for entry in listed:
        path = Path(entry.path).relative_to(root).as_posix()
        check_path(path, str(root))
        if entry.is_dir(follow_symlinks=False):
            yield from _walked(Path(entry.path), root)
        elif entry.is_file(follow_symlinks=False):
            yield path, _content(Path(entry.path), root)
        else:
            raise BadPack(f"{path} is neither a file nor a folder", where=str(root), hint="a pack has no links")


def _content(file: Path, root: Path) -> bytes:
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
        content = opened.read(MAX_PACK_BYTES + 1)
    if len(content) > MAX_PACK_BYTES:
        raise BadPack(f"{file.name} has more than {MAX_PACK_BYTES:,} bytes", where=str(root))
    return content


def _plain(file: Path) -> bytes:
    """What the archive unfolds to, stopped at the bound."""
    with file.open("rb") as opened:
        if opened.read(2) != _GZIP:
            raise BadPack("it is no .tar.gz", where=str(file), hint="give a folder or what `packs build` wrote")
        opened.seek(0)
        try:
            bounds = Bounds(max_object_bytes=MAX_PACK_BYTES)
            return b"".join(chunk for member in members(opened, str(file), bounds) for chunk in member.chunks)
        except BadObject as error:
            raise BadPack(error.message, where=str(file)) from error


def _unpacked(plain: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    """The files of a tar archive in the ustar format (POSIX.1-1988): its headers are of one size, so that none can
    make a reader work more than the archive is long."""
    at = 0
    while at < len(plain) and any(plain[at : at + tarfile.BLOCKSIZE]):
        header = _header(plain[at : at + tarfile.BLOCKSIZE], where)
        at += tarfile.BLOCKSIZE
        content = plain[at : at + header.size]
        if len(content) < header.size:
            raise BadPack("the archive is cut off", where=where)
        at += -(-header.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        if header.type != tarfile.DIRTYPE:
            yield header.name.removeprefix("./"), content


def _header(block: bytes, where: str) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.TarError, ValueError) as error:
        raise BadPack(f"the archive is damaged: {error}", where=where) from error
    if header.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE) or header.size < 0:
        hint = "a pack has plain files alone; `packs build` writes it, or `tar --format=ustar`"
        raise BadPack(f"`{header.name[:MAX_PATH]}` is neither a file nor a folder", where=where, hint=hint)
    return header
