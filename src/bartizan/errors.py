"""The base of every error Bartizan raises, and the two marks that decide retries.

Each stage keeps its own small tree in its `errors.py`, derived from `BartizanError`.
"""


class BartizanError(Exception):
    """What went wrong, where, what was expected and the way out, as one sentence in lower case without a final stop."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        """`file:line`, a record's origin or a position in a query; empty when the message names it."""
        self.hint = hint
        """The way out, one clause; empty when there is none to give."""

    def __str__(self) -> str:
        located = f"{self.where}: {self.message}" if self.where else self.message
        return f"{located}; {self.hint}" if self.hint else located


class Transient(Exception):
    """The same call may succeed later: retry with back-off."""


class Terminal(Exception):
    """The same call will fail again: don't retry, report."""
