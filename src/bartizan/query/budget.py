"""What a search may take, how the engine is told, and what is said when it takes more."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bartizan.engine.base import READ_ONLY, Settings
from bartizan.engine.errors import EngineError
from bartizan.query.errors import QueryError

CANCELLED = 394
"""ClickHouse's code of a statement that was killed (src/Common/ErrorCodes.cpp)."""
OUT_OF_TIME = (159, 160)
"""TIMEOUT_EXCEEDED, TOO_SLOW."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one search; 0 is the engine's own bound, or none (clickhouse.com, query complexity settings)."""

    timeout_s: float = 60
    """Seconds."""
    max_rows: int = 0
    """Rows read from tables."""
    max_memory_bytes: int = 0
    """Memory of its statement."""
    search: str = ""
    """What its statements are cancelled by (`cancel.py`); empty if nobody will."""

    def settings(self) -> Settings:
        """ClickHouse settings of the statements: they only read, within these bounds."""
        return {
            **READ_ONLY,
            "max_execution_time": self.timeout_s,
            **({"max_rows_to_read": self.max_rows} if self.max_rows else {}),
            **({"max_memory_usage": self.max_memory_bytes} if self.max_memory_bytes else {}),
            **({"log_comment": self.search} if self.search else {}),
        }


class BudgetExceeded(QueryError):
    """A search would take more than its budget."""

    def __init__(self, message: str, *, hint: str, out_of_time: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.out_of_time = out_of_time


class SearchCancelled(QueryError):
    """A search was cancelled while it ran."""


@contextmanager
def kept(budget: Budget) -> Iterator[None]:
    """Tell what exceeds the budget as one sentence with the way out."""
    try:
        yield
    except EngineError as error:
        raise _told(error, budget) from error


def _told(error: EngineError, budget: Budget) -> Exception:
    narrower = "search less time, fewer streams, or a rarer value"
    if error.code == CANCELLED:
        return SearchCancelled("the search was cancelled")
    if error.code in OUT_OF_TIME:
        message = f"the search took longer than {budget.timeout_s:g} s"
        return BudgetExceeded(message, hint=f"{narrower}; `engine.search_timeout_s` is the bound", out_of_time=True)
    if error.code == 158 and budget.max_rows:
        message = f"the search would read more than {budget.max_rows:,} rows"
        return BudgetExceeded(message, hint=f"{narrower}; `engine.search_max_rows` is the bound")
    if error.code == 241 and "(total)" not in error.message:
        message = "the search takes more memory than it may"
        return BudgetExceeded(message, hint=f"{narrower}; `engine.search_max_memory_bytes` is the bound")
    return error
