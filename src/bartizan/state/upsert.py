"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL share and SQLAlchemy spells once for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Executable, Table, func, literal, select, true
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


def insert_texts(database: Database, table: Table, key: Mapping[str, Any], values: Sequence[str]) -> Executable:
    """A statement that inserts `key` with each of the texts as the last column of the primary key; rows that are there
    are left alone. The texts go over as one JSON array: a row at a time is ten times slower on PostgreSQL."""
    names = [column.name for column in table.primary_key]
    is_sqlite = database.dialect == "sqlite"
    given = literal(list(values), JSON)
    each = func.json_each(given) if is_sqlite else func.json_array_elements_text(given)
    texts = each.table_valued("value")
    rows = select(*(literal(key[name], table.c[name].type) for name in names[:-1]), texts.c.value)
    if is_sqlite:  # without a WHERE it takes ON CONFLICT for a join's ON (sqlite.org/lang_upsert.html)
        return sqlite.insert(table).from_select(names, rows.where(true())).on_conflict_do_nothing()
    return postgresql.insert(table).from_select(names, rows).on_conflict_do_nothing()
