"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL share and SQLAlchemy spells once for each."""

from collections.abc import Sequence

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

from bartizan.state.database import Database


def upsert(database: Database, table: Table, changed: Sequence[str]) -> Executable:
    """A statement that inserts rows, and where the primary key is there already changes these columns."""
    key = [column.name for column in table.primary_key]
    if database.dialect == "sqlite":
        lite = sqlite.insert(table)
        return lite.on_conflict_do_update(index_elements=key, set_={name: lite.excluded[name] for name in changed})
    grown = postgresql.insert(table)
    return grown.on_conflict_do_update(index_elements=key, set_={name: grown.excluded[name] for name in changed})


def insert_new(database: Database, table: Table) -> Executable:
    """A statement that inserts rows, and leaves those alone whose key is there already."""
    return (
        sqlite.insert(table).on_conflict_do_nothing()
        if database.dialect == "sqlite"
        else postgresql.insert(table).on_conflict_do_nothing()
    )
