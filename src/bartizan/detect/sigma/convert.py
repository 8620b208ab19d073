"""A Sigma rule as ours: written anew with the keys of a rule's file, its YAML as the query, and read through that door.

What the keys mean: sigmahq.io/docs/basics/rules.html.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bartizan.detect.attack.foreign import Resolved, resolve
from bartizan.detect.attack.registry import Attack, AttackError
from bartizan.detect.errors import RuleError
from bartizan.detect.imported import Imported
from bartizan.detect.rule_file import read_rule
from bartizan.detect.sigma.entries import Entry

_GRADES: Mapping[str, tuple[str, int]] = {
    "informational": ("low", 5),
    "low": ("low", 21),
    "medium": ("medium", 47),
    "high": ("high", 73),
    "critical": ("critical", 99),
}
"""Severity and risk score of Sigma's levels, by the bands of rules/README.md."""
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)
_TACTIC = re.compile(r"attack\.([a-z][a-z_-]+)", re.IGNORECASE)
_NAMESPACE = uuid.UUID("b3b1c7f2-4a4f-4c0e-9a0d-5a1f7d1f9a52")
"""Of the ids of rules that have none; an id is made of the title."""


def convert_all(entries: Sequence[Entry | RuleError], attack: Attack) -> Iterator[Imported | RuleError]:
    """Every rule of the documents; a correlation has the rules it names with it. Where these stand in its file, and it
    doesn't `generate` their alerts, they are none of their own."""
    known = {name: one for one in entries if isinstance(one, Entry) for name in one.names}
    parts = set(_parts(entries, known))
    for one in entries:
        if isinstance(one, RuleError):
            yield one
        elif id(one) not in parts:
            try:
                yield _converted(one, known, attack)
            except RuleError as error:
                yield error


def _parts(entries: Iterable[Entry | RuleError], known: Mapping[str, Entry]) -> Iterator[int]:
    for one in entries:
        if isinstance(one, Entry) and one.named_rules and not one.data["correlation"].get("generate"):
            named = (known.get(name) for name in one.named_rules)
            yield from (id(part) for part in named if part is not None and part.file == one.file)


def _converted(one: Entry, known: Mapping[str, Entry], attack: Attack) -> Imported:
    if not {"detection", "correlation"} & one.data.keys():
        raise RuleError("it has neither `detection` nor `correlation`", where=one.where)
    title = _text(one.data.get("title"))
    if not title:
        raise RuleError("it has no `title`", where=one.where)
    severity, risk_score = _GRADES.get(_text(one.data.get("level")), ("low", 21))
    resolved = _threats(one.data, attack)
    own = {
        "id": _text(one.data.get("id")) or str(uuid.uuid5(_NAMESPACE, title)),
        "name": title,
        "description": _text(one.data.get("description")) or title,
        "type": "query",
        "language": "sigma",
        "query": _query(one, known),
        "index": ["logs-*"],
        "severity": severity,
        "risk_score": risk_score,
        "attack": list(resolved.references),
        "false_positives": _texts(one.data.get("falsepositives")),
        "references": _texts(one.data.get("references")),
        "tags": _tags(one.data),
        "unknown_fields": "missing",
    }
    return Imported(read_rule(own, one.where, one.file, attack), one.where, resolved.notes)


def _query(one: Entry, known: Mapping[str, Entry]) -> str:
    """The document, and those of the rules that it names; one that is missing is told where the query is planned."""
    named = [known[name] for name in one.named_rules if name in known]
    texts = dict.fromkeys(part.text.strip("\n") for part in (one, *named))
    return "\n---\n".join(texts) + "\n"


def _threats(data: Mapping[str, Any], attack: Attack) -> Resolved:
    """Sigma tags tactics and techniques apart: a technique is kept under those of the tactics that it serves."""
    tags = _texts(data.get("tags"))
    techniques = [found[1].upper() for tag in tags if (found := _TECHNIQUE.fullmatch(tag))]
    tactics = [tactic for tag in tags if (tactic := _tactic(tag, attack))]
    pairs = []
    for technique in techniques:
        served = [tactic for tactic in tactics if _serves(tactic, technique, attack)]
        pairs += [(tactic, technique) for tactic in served or [""]]
    return resolve(pairs, attack)


def _tactic(tag: str, attack: Attack) -> str:
    found = _TACTIC.fullmatch(tag)
    try:
        return attack.tactic(found[1].lower().replace("_", "-")).id if found else ""
    except AttackError:
        return ""


def _serves(tactic: str, technique: str, attack: Attack) -> bool:
    try:
        return tactic in attack.technique(technique).tactics
    except AttackError:
        return False


def _tags(data: Mapping[str, Any]) -> list[str]:
    """Tags of other kinds, and who wrote the rule under which licence: nothing else here holds these."""
    said = [tag for tag in _texts(data.get("tags")) if not _TECHNIQUE.fullmatch(tag)]
    author, license = (_text(data.get(key)) for key in ("author", "license"))
    return [*said, *([f"Author: {author}"] if author else []), *([f"License: {license}"] if license else [])]


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for one in values if (text := _text(one))]


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int | float | uuid.UUID) else ""
