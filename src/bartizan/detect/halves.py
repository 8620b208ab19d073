"""Rules that are asked together: where that fails, the rules at fault are found, the others still asked together."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from bartizan.detect.plan import Planned
from bartizan.errors import BartizanError
from bartizan.query.budget import SearchCancelled

Told = TypeVar("Told")


def in_halves(
    planned: Sequence[Planned],
    ask: Callable[[Sequence[Planned]], list[Told]],
    at_fault: Callable[[Planned, BartizanError], Told],
) -> list[Told]:
    """What `ask` gives for all of the rules. What fails is asked in halves, until each rule at fault is alone: of that
    `at_fault` tells. Raises `SearchCancelled`, which is no rule's fault."""
    try:
        return ask(planned)
    except SearchCancelled:
        raise
    except BartizanError as error:
        if len(planned) == 1:
            return [at_fault(planned[0], error)]
    middle = len(planned) // 2
    return [told for half in (planned[:middle], planned[middle:]) for told in in_halves(half, ask, at_fault)]
