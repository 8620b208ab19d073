"""Tables as they are shown: addresses, booleans, several values, and rows that are events."""

from sqlglot import exp

from bartizan.ecs import load_registry
from bartizan.query.table import CompiledTable, TableColumn
from bartizan.query.table_rows import as_documents, table_of

COLUMNS = (
    TableColumn("_id", "keyword", False, "c1"),
    TableColumn("source.ip", "ip", False, "c2"),
    TableColumn("ok", "boolean", False, "c3"),
    TableColumn("tags", "keyword", True, "c4"),
)
ROWS = [
    {"c1": "e1", "c2": "::ffff:10.0.0.1", "c3": True, "c4": ["a", "b"]},
    {"c1": "e2", "c2": None, "c3": None, "c4": []},
    {"c1": "e3", "c2": "2001:db8::1", "c3": False, "c4": ["a"]},
]


def test_values_are_shown_by_their_type() -> None:
    table = table_of(CompiledTable(exp.select(), {}, COLUMNS, ""), ROWS)
    assert [one.name for one in table.columns] == ["_id", "source.ip", "ok", "tags"]
    assert table.rows == [
        ["e1", "10.0.0.1", True, ["a", "b"]],
        ["e2", None, None, None],
        ["e3", "2001:db8::1", False, "a"],
    ]


def test_rows_with_an_id_are_events() -> None:
    table = table_of(CompiledTable(exp.select(), {}, COLUMNS, ""), ROWS[:1])
    (document,) = as_documents(table, load_registry())
    assert document["source"] == {"ip": "10.0.0.1"}
    without = table_of(CompiledTable(exp.select(), {}, COLUMNS[1:], ""), ROWS)
    assert as_documents(without, load_registry()) == []
