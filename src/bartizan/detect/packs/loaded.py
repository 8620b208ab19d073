"""The rules of installed packs as they are in force: each as the pack has it, or merged with what its user changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.imported import Imported, Origin
from bartizan.detect.packs.errors import PackError
from bartizan.detect.packs.installed import Installed
from bartizan.detect.packs.manifest import Manifest
from bartizan.detect.packs.merge import MergedField, merge
from bartizan.detect.packs.pack import Pack, read_rules
from bartizan.detect.packs.signing import Keyring, PublicKey
from bartizan.detect.packs.tuned import TunedRule, read_tuned
from bartizan.detect.responses import undeclared
from bartizan.detect.rule import Rule


@dataclass(frozen=True, slots=True)
class PackRule:
    """A rule of a pack."""

    rule: Rule
    """As it is in force."""
    theirs: Rule | None
    """As the pack has it; None for one that the pack has no more and that stays because it was tuned."""
    tuned: TunedRule | None = None
    fields: tuple[MergedField, ...] = ()
    """What of a tuned rule differs from the pack's."""
    problem: RuleError | None = None
    """Why the pack's changes could not be merged; the user's copy is in force as it is."""

    @property
    def conflicts(self) -> tuple[MergedField, ...]:
        """What its user and the pack have both changed, each otherwise."""
        return tuple(one for one in self.fields if one.outcome == "conflict")


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """An installed pack that fits its manifest."""

    manifest: Manifest
    signer: PublicKey | None
    """None for one that was taken unsigned."""
    folder: Path
    rules: tuple[PackRule, ...]
    problems: tuple[RuleError, ...]
    """Rules and copies that can't be read."""

    @property
    def conflicts(self) -> int:
        """How many fields wait for a decision."""
        return sum(len(rule.conflicts) for rule in self.rules)

    def imported(self) -> Iterator[Imported | RuleError]:
        """The rules as other sources give theirs."""
        for one in self.rules:
            origin = Origin(self.manifest.id, self.manifest.version.text, one.tuned is not None)
            yield Imported(one.rule, str(one.tuned.file if one.tuned else one.rule.file), origin=origin)
        yield from self.problems


@dataclass(frozen=True, slots=True)
class Packs:
    """The installed packs."""

    loaded: tuple[LoadedPack, ...] = ()
    failed: Mapping[str, RuleError] = field(default_factory=dict)
    """Packs that are not loaded, by id, and why."""
    bad_keys: tuple[RuleError, ...] = ()
    """Files among the trusted keys that hold none."""

    @property
    def problems(self) -> tuple[RuleError, ...]:
        """What is wrong beside single rules."""
        return (*self.bad_keys, *self.failed.values())

    def imported(self) -> Iterator[Imported | RuleError]:
        """All their rules, and what is wrong."""
        for pack in self.loaded:
            yield from pack.imported()
        yield from self.problems


def load_packs(installed: Installed, attack: Attack) -> Packs:
    """The packs in force. One whose signature or files no longer fit is a problem that names it, the others go on."""
    loaded: list[LoadedPack] = []
    ids = installed.ids()
    keyring = installed.keyring() if ids else Keyring(())
    failed: dict[str, RuleError] = {}
    for id in ids:
        try:
            loaded.append(loaded_pack(installed, installed.read(id, keyring.keys), attack))
        except PackError as error:
            failed[id] = type(error)(f"pack `{id}`: {error.message}", where=error.where, hint=error.hint)
    return Packs(tuple(loaded), failed, keyring.problems)


def loaded_pack(installed: Installed, pack: Pack, attack: Attack) -> LoadedPack:
    """A pack with what its users changed, in force or not. Whom a rule tells and what is done, only users say."""
    id = pack.manifest.id
    found = read_rules(pack, pack.where, attack)
    theirs = {rule.id: undeclared(rule) for rule in found if isinstance(rule, Rule)}
    tuned = read_tuned(installed.tuned / id, attack)
    strays, rules = [], [pack_rule(rule, tuned.rules.get(rule.id), attack) for rule in theirs.values()]
    for rule_id, one in tuned.rules.items():
        if rule_id not in theirs and one.base:
            rules.append(PackRule(one.yours, None, one))
        elif rule_id not in theirs:
            strays.append(RuleError(f"the pack `{id}` has no rule `{rule_id}` to be tuned", where=str(one.file)))
    problems = (*_errors(found), *tuned.problems, *strays)
    return LoadedPack(pack.manifest, pack.signer, pack.where, tuple(rules), problems)


def pack_rule(theirs: Rule, tuned: TunedRule | None, attack: Attack) -> PackRule:
    """A rule of a pack, merged with its copy; its samples are those of the pack."""
    if tuned is None:
        return PackRule(theirs, theirs)
    merged = merge(tuned.base or theirs, tuned.yours, theirs, attack)
    return PackRule(replace(merged.rule, file=theirs.file), theirs, tuned, merged.fields, merged.problem)


def _errors(found: Sequence[Rule | RuleError]) -> Iterable[RuleError]:
    return (one for one in found if isinstance(one, RuleError))
