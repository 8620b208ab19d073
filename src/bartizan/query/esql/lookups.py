"""ENRICH and LOOKUP JOIN: columns of a lookup table beside the rows, where the values of columns are equal."""

from typing import Any

from bartizan.query.esql.pipeline import Pipeline


def enrich(command: Any, pipeline: Pipeline) -> None:
    """Add the stage of an `Enrich`."""
    raise NotImplementedError


def lookup_join(command: Any, pipeline: Pipeline) -> None:
    """Add the stage of a `LookupJoin`."""
    raise NotImplementedError
