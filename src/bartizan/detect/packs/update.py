"""Installs, updates and removes packs: what would change is found first, then the pack is put in force in one step."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.packs.errors import NotNewer, NotTrusted, PackError, Unresolved
from bartizan.detect.packs.fields import is_same
from bartizan.detect.packs.installed import Installed
from bartizan.detect.packs.loaded import LoadedPack, PackRule, loaded_pack
from bartizan.detect.packs.merge import MergedField, merge
from bartizan.detect.packs.pack import Pack, open_pack
from bartizan.detect.packs.renew import renew
from bartizan.detect.packs.tuned import settle, write_base
from bartizan.detect.packs.version import Version


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is refused unless it is asked for."""

    unsigned: bool = False
    """A pack that nobody who is trusted has signed."""
    downgrade: bool = False
    """A version that is no newer than the one in force."""
    other_signer: bool = False
    """Another trusted signer than that of the version in force."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What an update does to a rule."""

    id: str
    name: str
    change: Literal["new", "changed", "removed", "stays"]
    """`stays` is a rule that the pack has no more and that was tuned."""
    is_tuned: bool
    fields: tuple[MergedField, ...]
    """Of a changed rule, what differs from the version in force or, of a tuned one, between base, yours and theirs."""
    problem: RuleError | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A pack that is put in force, and what that changes."""

    pack: Pack
    before: Version | None
    """The version in force; None for a pack that is new."""
    changes: tuple[RuleChange, ...]
    problems: tuple[RuleError, ...]
    """Rules of the pack that can't be read, and copies that can't."""

    @property
    def conflicts(self) -> int:
        """How many fields wait for a decision."""
        return sum(field.outcome == "conflict" for one in self.changes for field in one.fields)


def read_pack(installed: Installed, path: Path, allowed: Allowed) -> Pack:
    """A pack that comes from elsewhere; raises `NotTrusted` and `BadPack`."""
    return open_pack(path, installed.keyring().keys, allow_unsigned=allowed.unsigned)


def install(installed: Installed, pack: Pack, attack: Attack) -> Update:
    """Put a pack in force that was not there. Raises `PackError` for one that is."""
    with installed.changing():
        if pack.manifest.id in installed.ids():
            raise PackError(f"the pack `{pack.manifest.id}` is installed", hint="`bartizan packs update` renews it")
        found = planned(installed, pack, attack)
        installed.place(pack)
    return found


def update(installed: Installed, pack: Pack, allowed: Allowed, attack: Attack) -> Update:
    """Put another version in force, and bring the copies of tuned rules up to date with it. Raises `NotNewer`,
    `NotTrusted` for another signer, `UnknownPack` for a pack that is not installed."""
    with installed.changing():
        check_update(installed, pack, allowed)
        settle(installed.tuned / pack.manifest.id)
        before = _in_force(installed, pack.manifest.id, attack)
        found = _planned(installed, pack, before, attack)
        for rule in before.rules if before else ():
            if rule.tuned and not rule.tuned.base and rule.theirs:
                write_base(rule.tuned.file, rule.theirs)
        installed.place(pack)
        _renew_copies(installed, pack, attack)
    return found


def check_update(installed: Installed, pack: Pack, allowed: Allowed) -> None:
    """Whether a pack may take the place of the one in force, also where that is damaged."""
    id, where = pack.manifest.id, str(pack.where)
    pointer = installed.pointer(id)
    if pointer.digest != pack.digest and not allowed.downgrade and pack.manifest.version <= installed.version(id):
        message = f"it is version {pack.manifest.version}, and {installed.version(id)} is installed"
        raise NotNewer(message, where=where, hint="--allow-downgrade takes it nevertheless")
    signer = pack.signer.fingerprint if pack.signer else ""
    if pointer.signer and signer and signer != pointer.signer and not allowed.other_signer:
        message = f"another key has signed it than the version that is installed, {pointer.signer}"
        raise NotTrusted(message, where=where, hint="--allow-other-signer takes it nevertheless")


def planned(installed: Installed, pack: Pack, attack: Attack) -> Update:
    """What putting a pack in force changes; nothing is written."""
    return _planned(installed, pack, _in_force(installed, pack.manifest.id, attack), attack)


def _planned(installed: Installed, pack: Pack, before: LoadedPack | None, attack: Attack) -> Update:
    id = pack.manifest.id
    after = loaded_pack(installed, pack, attack)
    old = {one.rule.id: one for one in before.rules} if before else {}
    new = {one.rule.id: one for one in after.rules}
    changes = [_change(one, old.get(rule_id), attack) for rule_id, one in new.items()]
    gone = [_gone(one) for rule_id, one in old.items() if rule_id not in new]
    version = installed.version(id) if id in installed.ids() else None
    return Update(pack, version, tuple(one for one in (*changes, *gone) if one), after.problems)


def remove(installed: Installed, id: str, *, with_tuned: bool = False) -> None:
    """Take a pack away. Raises `UnknownPack`, and `Unresolved` where rules of it are tuned and are not to go too."""
    with installed.changing():
        tuned = installed.tuned / id
        if any(tuned.glob("*.toml")) and not with_tuned:
            message = "rules of it are tuned, and your copies mean nothing without it"
            raise Unresolved(message, where=str(tuned), hint="--with-tuned removes them too")
        installed.remove(id)
        if with_tuned:
            shutil.rmtree(tuned, ignore_errors=True)


def _in_force(installed: Installed, id: str, attack: Attack) -> LoadedPack | None:
    """The version in force; None where there is none, or none that can be read: then all rules are new."""
    try:
        return loaded_pack(installed, installed.read(id, installed.keyring().keys), attack)
    except PackError:
        return None


def _change(new: PackRule, old: PackRule | None, attack: Attack) -> RuleChange | None:
    is_tuned = new.tuned is not None
    if new.theirs is None:
        return RuleChange(new.rule.id, new.rule.name, "stays", is_tuned, ())
    if old is None or old.theirs is None:
        return RuleChange(new.rule.id, new.rule.name, "new", is_tuned, new.fields, new.problem)
    if is_same(old.theirs, new.theirs):
        return None
    fields = new.fields if is_tuned else merge(old.theirs, old.theirs, new.theirs, attack).fields
    return RuleChange(new.rule.id, new.rule.name, "changed", is_tuned, fields, new.problem)


def _gone(old: PackRule) -> RuleChange:
    return RuleChange(old.rule.id, old.rule.name, "removed", False, ())


def _renew_copies(installed: Installed, pack: Pack, attack: Attack) -> None:
    """Bring copies to what is in force; a copy that is not, when the process is killed, means the same."""
    for one in loaded_pack(installed, pack, attack).rules:
        if one.tuned and one.theirs and not one.problem:
            renew(one.tuned.base or one.theirs, one.tuned.yours, one.theirs, attack)
