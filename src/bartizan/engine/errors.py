"""What the engine can answer instead of rows."""

import re

from bartizan.errors import BartizanError, Terminal, Transient


class EngineError(BartizanError):
    """The engine refused or failed a statement."""

    def __init__(self, message: str, *, where: str = "", hint: str = "", code: int = 0) -> None:
        super().__init__(message, where=where, hint=hint)
        self.code = code
        """ClickHouse's error code; 0 when the failure was before the engine."""


class EngineUnavailable(EngineError, Transient):
    """No connection, too many queries at once, or out of time: later may do."""


class StatementRefused(EngineError, Terminal):
    """The statement itself can't run: a type, a name or a limit is wrong."""


class StoreUnusable(EngineError, Terminal):
    """The data folder can't be made, read or written."""


class StoreInUse(StoreUnusable):
    """Another process owns the data folder."""


_CODE = re.compile(r"Code: (\d+)\. (?:DB::Exception: )?((?:(?!Code: \d+\.).)*?)(?: \(version [^)]*\).*)?$", re.DOTALL)

_MAX_MESSAGE = 500

_TRANSIENT_CODES = {159, 202, 209, 210, 236, 241, 242, 252, 279, 319, 394, 999}
"""TIMEOUT_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, SOCKET_TIMEOUT, NETWORK_ERROR, ABORTED, MEMORY_LIMIT_EXCEEDED,
TABLE_IS_READ_ONLY, TOO_MANY_PARTS, ALL_CONNECTION_TRIES_FAILED, UNKNOWN_STATUS_OF_INSERT, QUERY_WAS_CANCELLED,
KEEPER_EXCEPTION (ClickHouse, src/Common/ErrorCodes.cpp)."""


def translated(error: Exception) -> EngineError:
    """What either engine's driver raised, as ours; a failure without a ClickHouse code was before the engine."""
    found = _CODE.search(str(error))
    if found is None:
        return EngineUnavailable(_brief(str(error)))
    code, message = int(found[1]), _brief(found[2])
    kind = EngineUnavailable if code in _TRANSIENT_CODES else StatementRefused
    return kind(message, code=code)


def _brief(message: str) -> str:
    """One line: ClickHouse repeats the whole statement after "In scope", the sentence before it says what is wrong."""
    said = next(iter(message.partition(" In scope ")[0].strip().splitlines()), "").rstrip(". ")
    return said if len(said) <= _MAX_MESSAGE else f"{said[:_MAX_MESSAGE]}..."
