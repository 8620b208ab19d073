"""DISSECT and GROK: columns cut out of a text."""

from typing import Any

from bartizan.query.esql.pipeline import Pipeline


def dissect(command: Any, pipeline: Pipeline) -> None:
    """Add the stages of a `Dissect`."""
    raise NotImplementedError


def grok(command: Any, pipeline: Pipeline) -> None:
    """Add the stages of a `Grok`."""
    raise NotImplementedError
