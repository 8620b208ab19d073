"""What the control-plane database can answer instead of rows."""

import sqlite3

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, TimeoutError

from bartizan.errors import BartizanError, Terminal, Transient


class StateError(BartizanError):
    """The control-plane database refused or failed."""


class StateUnavailable(StateError, Transient):
    """Locked, disconnected, deadlocked or out of room: the same transaction may succeed later."""


class StateUnusable(StateError, Terminal):
    """The database can't be opened, read or written."""


class NewerSchema(StateUnusable):
    """A newer Bartizan wrote this database."""


class StatementFailed(StateError, Terminal):
    """The statement itself can't run."""


class Duplicate(StateError, Terminal):
    """There is one by this name or id already."""


class Missing(StateError, Terminal):
    """There is nothing by this id or name."""


class Outdated(StateError, Terminal):
    """It was changed since it was read: the version that the change is based on is no longer the newest."""


class Invalid(StateError, Terminal):
    """A value that can't be stored: of the wrong form, or too large or too many. `where` names the part."""


class LeaseLost(StateError, Terminal):
    """Another worker holds the lease, or nobody: whatever it protected must stop."""


_SQLITE_TRANSIENT = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_SQLITE_UNUSABLE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
_SQLITE_DUPLICATE = {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE}
_PRIMARY_CODE = 0xFF
"""Bits of SQLite's extended result codes that are the primary code (sqlite.org/rescode.html)."""

_POSTGRESQL_TRANSIENT = ("08", "40", "53", "55P03", "57014", "57P")
"""Classes of SQLSTATE: connection, rollback (serialization, deadlock), resources, lock timeout, cancelled, shutdown
(PostgreSQL manual, Appendix A)."""
_POSTGRESQL_UNUSABLE = ("28", "3D", "42501")
"""Classes of SQLSTATE: refused sign-in, no such database, no right."""

_POSTGRESQL_DUPLICATE = "23505"
"""unique_violation."""

_MAX_MESSAGE = 300


def translated(error: SQLAlchemyError) -> StateError:
    """What SQLAlchemy raised, as ours. Only the first line of the driver's message is kept: later ones quote values."""
    if isinstance(error, TimeoutError):
        return StateUnavailable("all connections to the database are in use")
    if not isinstance(error, DBAPIError):
        return StatementFailed(_first_line(str(error)))
    if isinstance(error, IntegrityError) and _is_duplicate(error):
        return Duplicate("there is one by this name or id already")
    if isinstance(error, DataError):
        return Invalid("the database can't store this value: too long, or with characters that it does not take")
    return _kind(error)(_first_line(str(error.orig)))


def _is_duplicate(error: DBAPIError) -> bool:
    code, state = getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None)
    return code in _SQLITE_DUPLICATE or state == _POSTGRESQL_DUPLICATE


def _kind(error: DBAPIError) -> type[StateError]:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        primary = code & _PRIMARY_CODE
        return _chosen(primary in _SQLITE_TRANSIENT, primary in _SQLITE_UNUSABLE)
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the driver never reached the server
        return _chosen(error.connection_invalidated or type(error.orig).__name__ == "OperationalError", False)
    return _chosen(state.startswith(_POSTGRESQL_TRANSIENT), state.startswith(_POSTGRESQL_UNUSABLE))


def _chosen(is_transient: bool, is_unusable: bool) -> type[StateError]:
    return StateUnavailable if is_transient else StateUnusable if is_unusable else StatementFailed


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "it failed without a reason")[:_MAX_MESSAGE]
