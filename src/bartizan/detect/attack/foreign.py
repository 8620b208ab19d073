"""What rules of others say about ATT&CK: ids of any release, as references of the pinned one, and what got lost."""

from collections.abc import Iterable
from dataclasses import dataclass

from bartizan.detect.attack.registry import Attack, AttackError, Tactic, Technique


@dataclass(frozen=True, slots=True)
class Resolved:
    """References as rules' files have them, and a sentence for each that is not what was written."""

    references: tuple[str, ...]
    notes: tuple[str, ...]


def resolve(named: Iterable[tuple[str, str]], attack: Attack) -> Resolved:
    """The references that pairs of a tactic (id or short name; '' for any) and a technique mean.

    A sub-technique that the pinned release lacks means its technique; a technique that doesn't serve the tactic is
    kept under the first that it serves.
    """
    found: dict[str, None] = {}
    notes: dict[str, None] = {}
    for tactic_id, technique_id in named:
        try:
            technique = _technique(technique_id.upper(), attack)
            tactic = attack.tactic(tactic_id) if tactic_id else None
        except AttackError as error:
            notes[error.message] = None
            continue
        served = _served(tactic, technique, attack)
        if tactic is not None and served != tactic:
            notes[f"`{technique.id}` doesn't serve `{tactic.id}`, it is kept under `{served.id}`"] = None
        found[f"{served.id}/{technique.id}"] = None
    return Resolved(tuple(found), tuple(notes))


def _technique(id: str, attack: Attack) -> Technique:
    try:
        return attack.technique(id)
    except AttackError:
        parent, dot, _ = id.partition(".")
        if not dot:
            raise
    return attack.technique(parent)


def _served(tactic: Tactic | None, technique: Technique, attack: Attack) -> Tactic:
    if tactic is not None and tactic.id in technique.tactics:
        return tactic
    return attack.tactic(technique.tactics[0])
