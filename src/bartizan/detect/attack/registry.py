"""The pinned ATT&CK release: looks ids up, follows replaced ones, and tells the nearest id for one that nobody knows.

The data files beside this module are `tactics.csv`, `techniques.csv`, and for release 19 `v18_to_v19.csv` and
`v19_tactics.csv`: it split TA0005 Defense Evasion into TA0005 Stealth and TA0112 Defense Impairment.
"""

import csv
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from bartizan.errors import BartizanError, Terminal

ATTACK_VERSION = "18.1"
"""The ATT&CK Enterprise release that every id resolves to."""

_SITE = "https://attack.mitre.org"
_SUGGESTION_CUTOFF = 0.6
"""How alike a suggestion must be, as `difflib.SequenceMatcher.ratio`; ids share most of their characters."""
_MAX_REPLACEMENTS = 8
"""Longest chain of replaced ids that is followed; the pinned release has chains of two."""


class AttackError(BartizanError, Terminal):
    """An ATT&CK id or reference that the pinned release doesn't have."""


@dataclass(frozen=True, slots=True)
class Tactic:
    """Why an attacker acts, such as TA0005 Defense Evasion."""

    id: str
    short_name: str
    name: str

    @property
    def reference(self) -> str:
        """Its page at MITRE."""
        return f"{_SITE}/tactics/{self.id}/"


@dataclass(frozen=True, slots=True)
class Technique:
    """How an attacker acts: a technique, or a sub-technique whose id has a dot."""

    id: str
    name: str
    tactics: tuple[str, ...]
    """Ids of the tactics that it serves."""

    @property
    def reference(self) -> str:
        """Its page at MITRE."""
        return f"{_SITE}/techniques/{self.id.replace('.', '/')}/"


@dataclass(frozen=True, slots=True)
class Threat:
    """What a rule finds: a technique (and sub-technique) used for a tactic, the parts of ECS `threat.*`."""

    tactic: Tactic
    technique: Technique
    subtechnique: Technique | None = None


class Attack:
    """Tactics and techniques by id; immutable."""

    def __init__(
        self,
        tactics: Iterable[Tactic],
        techniques: Iterable[Technique],
        replaced: Mapping[str, str],
        retired: Iterable[str],
        tactic_names: Mapping[str, str] | None = None,
    ) -> None:
        self._tactics = {tactic.id: tactic for tactic in tactics}
        self._techniques = {technique.id: technique for technique in techniques}
        short_names = {tactic.short_name: tactic.id for tactic in self._tactics.values()}
        self._tactic_names = {**short_names, **(tactic_names or {})}
        self._replaced = replaced
        self._retired = frozenset(retired)

    @property
    def tactics(self) -> tuple[Tactic, ...]:
        """Every tactic, in the order of the data file."""
        return tuple(self._tactics.values())

    @property
    def techniques(self) -> tuple[Technique, ...]:
        """Every technique and sub-technique in use, without replaced and deprecated ones."""
        return tuple(self._techniques.values())

    def tactic(self, tactic_id: str) -> Tactic:
        """The tactic with this id or short name, those of release 19 too. Raises `AttackError` for another."""
        found = self._tactics.get(self._tactic_names.get(tactic_id, tactic_id))
        if found is None:
            raise AttackError(f"unknown ATT&CK tactic `{tactic_id}`", hint=_suggest(tactic_id, self._tactics))
        return found

    def technique(self, technique_id: str) -> Technique:
        """The technique that this id means in the pinned release: its own, or what replaced it.

        Ids of release 19 are understood too; one that gathers several of 18.1 means their common parent. Raises
        `AttackError` for an id that doesn't exist or was retired without a successor.
        """
        current = technique_id
        for _ in range(_MAX_REPLACEMENTS):
            if found := self._techniques.get(current):
                return found
            if current not in self._replaced:
                break
            current = self._replaced[current]
        if current in self._retired:
            raise AttackError(f"ATT&CK technique `{technique_id}` is deprecated and nothing replaces it")
        raise AttackError(f"unknown ATT&CK technique `{technique_id}`", hint=_suggest(technique_id, self._techniques))

    def reference(self, text: str) -> Threat:
        """The threat that `tactic/technique`, as in `TA0005/T1562.008`, refers to.

        Raises `AttackError` for another form, an unknown id, and a technique that doesn't serve the tactic.
        """
        tactic_id, slash, technique_id = text.partition("/")
        if not slash or not technique_id:
            raise AttackError(
                f"`{text}` is no ATT&CK reference", hint="write a tactic and a technique, such as `TA0005/T1562.008`"
            )
        tactic, technique = self.tactic(tactic_id), self.technique(technique_id)
        if tactic.id not in technique.tactics:
            serves = " or ".join(f"`{served}/{technique.id}`" for served in technique.tactics)
            message = f"`{text}`: technique `{technique.id}` ({technique.name}) doesn't serve tactic `{tactic.id}`"
            raise AttackError(f"{message} ({tactic.name})", hint=f"write {serves}")
        parent_id, dot, _ = technique.id.partition(".")
        return Threat(tactic, self.technique(parent_id), technique) if dot else Threat(tactic, technique)


def load_attack() -> Attack:
    """Reads the packaged data files; takes milliseconds, so callers keep the result."""
    rows = list(_rows("techniques.csv"))
    current = [row for row in rows if not row["status"]]
    replaced = {row["id"]: row["replaced_by"] for row in rows if row["replaced_by"]}
    return Attack(
        tactics=[Tactic(row["id"], row["short_name"], row["name"]) for row in _rows("tactics.csv")],
        techniques=[Technique(row["id"], row["name"], tuple(row["tactics"].split())) for row in current],
        replaced=_later_ids() | replaced,
        retired=[row["id"] for row in rows if row["status"] and not row["replaced_by"]],
        tactic_names={row[key]: row["v18"] for row in _rows("v19_tactics.csv") for key in ("v19", "v19_short_name")},
    )


def _later_ids() -> dict[str, str]:
    """Ids of release 19 to those of 18.1; the file names a parent before its sub-techniques, the first one holds."""
    later: dict[str, str] = {}
    for row in _rows("v18_to_v19.csv"):
        later.setdefault(row["v19"], row["v18"])
    return later


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("bartizan.detect.attack").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _suggest(unknown: str, known: Iterable[str]) -> str:
    """The way out for an unknown id; '' when no id is alike."""
    alike = difflib.get_close_matches(unknown.upper(), known, n=1, cutoff=_SUGGESTION_CUTOFF)
    return f"did you mean `{alike[0]}`?" if alike else ""
