"""Reads what a rule's type asks for beside the query, from the table of the type's name in the rule's file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from bartizan.detect.errors import RuleError
from bartizan.detect.keys import Keys
from bartizan.detect.settings import (
    Cardinality,
    CorrelationSettings,
    EqlSettings,
    EsqlSettings,
    IndicatorSettings,
    MachineLearningSettings,
    NewTermsSettings,
    Pair,
    Settings,
    ThresholdSettings,
)
from bartizan.query.query_fields import ECS_FIELDS

TYPES = (
    "query",
    "eql",
    "esql",
    "threshold",
    "new_terms",
    "indicator_match",
    "correlation",
    "machine_learning",
)
LANGUAGES: Mapping[str, str] = {"eql": "eql", "esql": "esql", "correlation": "kql", "machine_learning": "kql"}
"""The language of types that have one alone."""

Read = TypeVar("Read")

MAX_THRESHOLD_FIELDS = 5
MAX_NEW_TERMS_FIELDS = 3
MAX_RULES = 20
"""Rules that a correlation may name."""


def read_settings(type: str, keys: Keys) -> Settings | None:
    """The settings of a type; None for `query`. Raises `RuleError` for what is missing or wrong."""
    read = _READERS.get(type)
    if read is None:
        return None
    own = keys.table(type, "[type]")
    return read(own or Keys({}, keys.where, f"{type}."))


def _eql(keys: Keys) -> EqlSettings:
    fields = replace(
        ECS_FIELDS,
        timestamp=keys.text("timestamp_field", ECS_FIELDS.timestamp),
        event_category=keys.text("event_category_field", ECS_FIELDS.event_category),
        tiebreaker=keys.text("tiebreaker_field", ECS_FIELDS.tiebreaker),
    )
    return _read(keys, EqlSettings(fields, keys.seconds("span", "1h")))


def _threshold(keys: Keys) -> ThresholdSettings:
    fields = _fields(keys, "fields", MAX_THRESHOLD_FIELDS)
    cardinality = None
    if own := keys.table("cardinality", '{ field = "host.name", count = 3 }'):
        cardinality = _read(own, Cardinality(own.text("field"), own.whole("count", least=1)))
    count = keys.whole("count", least=1, most=1_000_000)
    return _read(keys, ThresholdSettings(count, fields, keys.seconds("span", "5m"), cardinality))


def _new_terms(keys: Keys) -> NewTermsSettings:
    fields = _fields(keys, "fields", MAX_NEW_TERMS_FIELDS)
    if not fields:
        raise keys.error("fields", "must name a field")
    return _read(keys, NewTermsSettings(fields, keys.seconds("history", "14d")))


def _indicators(keys: Keys) -> IndicatorSettings:
    found = IndicatorSettings(
        index=keys.texts("index", None),
        match=_match(keys),
        query=keys.text("query", "*"),
        language=keys.text("language", "kql"),
        filters=keys.text("filters", ""),
        retro_s=keys.seconds("retro", "30d"),
    )
    return _read(keys, found)


def _match(keys: Keys) -> tuple[tuple[Pair, ...], ...]:
    """`match = [[{ field = ..., indicator = ... }]]`: one of the lists holds, and all of its pairs."""
    alternatives = keys.raw("match")
    if not isinstance(alternatives, list) or not alternatives:
        raise keys.error("match", 'must be a list of lists, [[{ field = "source.ip", indicator = "..." }]]')
    found = []
    for at, entries in enumerate(alternatives):
        if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
            raise keys.error("match", "must be a list of lists of tables with `field` and `indicator`")
        tables = [Keys(one, keys.where, f"indicator_match.match[{at}].") for one in entries]
        found.append(tuple(_read(one, Pair(one.text("field"), one.text("indicator"))) for one in tables))
    return tuple(found)


def _esql(keys: Keys) -> EsqlSettings:
    return _read(keys, EsqlSettings(keys.seconds("span", "5m")))


def _correlation(keys: Keys) -> CorrelationSettings:
    rules = _fields(keys, "rules", MAX_RULES)
    by = _fields(keys, "by", MAX_THRESHOLD_FIELDS)
    if len(rules) < 2 or not by:
        raise keys.error("rules", "must name two rules at least, and `by` a field")
    return _read(keys, CorrelationSettings(rules, by, keys.seconds("span", "1h"), keys.flag("ordered")))


def _machine_learning(keys: Keys) -> MachineLearningSettings:
    return _read(keys, MachineLearningSettings(keys.texts("jobs", None), keys.whole("score", 50, most=100)))


def _fields(keys: Keys, key: str, most: int) -> tuple[str, ...]:
    found = keys.texts(key)
    if len(found) > most or len(set(found)) < len(found):
        raise RuleError(f"`{key}` must name at most {most}, each once", where=keys.where)
    return found


def _read(keys: Keys, read: Read) -> Read:
    """What was read, once nothing else is left."""
    keys.done()
    return read


_READERS: Mapping[str, Callable[[Keys], Settings]] = {
    "eql": _eql,
    "threshold": _threshold,
    "new_terms": _new_terms,
    "indicator_match": _indicators,
    "esql": _esql,
    "correlation": _correlation,
    "machine_learning": _machine_learning,
}
