"""The installed packs: a folder each, and a pointer that says which version is in force.

`packs/installed/ID/` holds a folder of each version and `current.toml`. A version is written beside the others and the
pointer replaced last, in one step, so that a process that is killed leaves the old version or the new one. The version
before stays, for those that read it at that moment.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bartizan.detect.errors import RuleError
from bartizan.detect.keys import Keys
from bartizan.detect.packs.errors import BadPack, NotTrusted, PackError, PacksInUse, UnknownPack
from bartizan.detect.packs.pack import Pack, open_pack
from bartizan.detect.packs.signing import Keyring, PublicKey, trusted_keys
from bartizan.detect.packs.version import Version, read_version
from bartizan.detect.rule_file import load_toml
from bartizan.detect.rule_writing import write_file
from bartizan.detect.toml_text import toml_text

POINTER = "current.toml"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which version of a pack is in force, and on what ground it was taken."""

    folder: str
    digest: str
    """SHA-256 of its manifest."""
    version: str
    signer: str = ""
    """Fingerprint of the key that was trusted; empty for a pack that was taken unsigned."""
    before: str = ""
    """Folder of the version before."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The folder of packs in the data folder."""

    root: Path

    @property
    def keys(self) -> Path:
        """Where the public keys are that are trusted."""
        return self.root / "keys"

    def keyring(self) -> Keyring:
        """The public keys that are trusted."""
        return trusted_keys(self.keys)

    @property
    def tuned(self) -> Path:
        """What people have changed."""
        return self.root / "tuned"

    def ids(self) -> list[str]:
        """The installed packs."""
        return sorted(file.parent.name for file in self._packs.glob(f"*/{POINTER}"))

    def pointer(self, id: str) -> Pointer:
        """Which version is in force. Raises `UnknownPack`, and `BadPack` for a pointer that can't be read."""
        if id not in self.ids():
            raise _unknown(id)
        file = self._packs / id / POINTER
        try:
            keys = Keys(load_toml(file), str(file))
            folder, digest, version = (keys.text(key) for key in ("folder", "digest", "version"))
            found = Pointer(folder, digest, version, keys.text("signer", ""), keys.text("before", ""))
        except RuleError as error:
            raise BadPack(error.message, where=error.where) from error
        if Path(found.folder).name != found.folder or found.folder.startswith("."):
            raise BadPack("`folder` is no name of a folder", where=str(file))
        return found

    def version(self, id: str) -> Version:
        """The version in force, also of a pack whose files are damaged."""
        return read_version(self.pointer(id).version, str(self._packs / id / POINTER))

    def version_text(self, id: str) -> str:
        """The same for people; empty where the pointer itself is damaged."""
        try:
            return self.version(id).text
        except PackError:
            return ""

    def read(self, id: str, keys: Sequence[PublicKey]) -> Pack:
        """A pack as it is on the disk, checked again. Raises `NotTrusted` where its key is trusted no more, `BadPack`
        where a file was changed."""
        pointer = self.pointer(id)
        pack = open_pack(self._packs / id / pointer.folder, keys, allow_unsigned=not pointer.signer)
        if pack.digest != pointer.digest or pack.manifest.id != id:
            raise BadPack("its manifest is not the one that was installed", where=str(pack.where))
        if pointer.signer and (pack.signer is None or pack.signer.fingerprint != pointer.signer):
            raise NotTrusted("it is signed by another key than when it was installed", where=str(pack.where))
        return pack

    def place(self, pack: Pack) -> None:
        """Put a pack in force, in place of the version that is. Raises `PackError` when that can't be written."""
        home = self._packs / pack.manifest.id
        name = _free_name(home, f"{pack.manifest.version}-{pack.digest[:12]}")
        before = self.pointer(pack.manifest.id).folder if (home / POINTER).exists() else ""
        try:
            self._write(pack, home / name)
            signer = pack.signer.fingerprint if pack.signer else ""
            entry = {
                "folder": name,
                "digest": pack.digest,
                "signer": signer,
                "version": str(pack.manifest.version),
                "before": before,
            }
            write_file(home / POINTER, toml_text({key: said for key, said in entry.items() if said}).encode())
            _sync(home)
            _clean(home, {name, before})
        except OSError as error:
            raise PackError(f"cannot write: {error.strerror or error}", where=str(home)) from error

    def remove(self, id: str) -> None:
        """Take a pack out of force and its files away. Raises `UnknownPack`, and `PackError` when that can't be."""
        if id not in self.ids():
            raise _unknown(id)
        home = self._packs / id
        try:
            (home / POINTER).unlink()
            shutil.rmtree(home)
        except OSError as error:
            raise PackError(f"cannot remove it: {error.strerror or error}", where=str(home)) from error

    @contextmanager
    def changing(self) -> Iterator[None]:
        """The right to change packs, of one process at a time. Raises `PacksInUse`."""
        handle = _locked(self.root)
        try:
            yield
        finally:
            os.close(handle)

    @property
    def _packs(self) -> Path:
        return self.root / "installed"

    def _write(self, pack: Pack, folder: Path) -> None:
        """A version's files, under a name that means nothing until they are all there."""
        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            for path, content in pack.members.items():
                file = part / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            os.sync()  # once: an fsync of each of thousands of files takes half a minute
            part.rename(folder)
        except OSError:
            shutil.rmtree(part, ignore_errors=True)
            raise


def _unknown(id: str) -> UnknownPack:
    return UnknownPack(f"there is no installed pack `{id}`", hint="`bartizan packs list` shows the ids")


def _locked(root: Path) -> int:
    """The handle that holds the folder; the system lets go of it when the process ends, however it ends."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PackError(f"cannot write: {error.strerror or error}", where=str(root)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise PacksInUse("another command changes the packs", where=str(root), hint="try again") from error
    return handle


def _free_name(home: Path, name: str) -> str:
    """The folder of a version that is installed again: the one in force is never written to."""
    names = (name, *(f"{name}.{number}" for number in range(1, 100)))
    return next(one for one in names if not (home / one).exists())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clean(home: Path, kept: set[str]) -> None:
    """What a killed process left, and versions before the last."""
    for folder in home.iterdir():
        if folder.is_dir() and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
