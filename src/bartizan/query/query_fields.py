"""Which fields play the parts that a query language gives to some: the time, the category, the tiebreaker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueryFields:
    """Names of fields, those of ECS unless others are named (EQL calls them `timestamp_field` and so on)."""

    timestamp: str = "@timestamp"
    """When an event happened: results are ordered by it, `--from` and `--to` compare with it."""
    event_category: str = "event.category"
    """What an EQL query's `process where` compares with."""
    tiebreaker: str = "event.id"
    """Orders events of the same instant."""


ECS_FIELDS = QueryFields()
"""The fields of what is stored."""
