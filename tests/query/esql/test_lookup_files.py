"""Lookup tables as CSV files: what a column's type is, what is refused, and how a query finds them."""

from pathlib import Path

import pytest

from bartizan.query.errors import UnreadableFile
from bartizan.query.esql.compile import compile_esql
from bartizan.query.esql.lookup_files import read_table
from bartizan.query.esql.typed import Type
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import NOW, Ask


def written(folder: Path, text: str, name: str = "t.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_types_are_told_by_the_values(tmp_path: Path) -> None:
    table = read_table(
        written(tmp_path, 'n,d,b,ip,k,none,s:keyword\n1,1.5,true,10.0.0.1,x,,7\n2,2,false,::1,"1,2",,8\n')
    )
    types = [Type.LONG, Type.DOUBLE, Type.BOOLEAN, Type.IP, Type.KEYWORD, Type.KEYWORD, Type.KEYWORD]
    assert list(table.columns.values()) == types
    assert list(table.rows[1]) == [2, 2.0, False, "::1", "1,2", None, "8"]
    assert table.rows[0][3] == "::ffff:a00:1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a header and 1 to"),
        ("a,b\n", "a header and 1 to"),
        ("a,b\n1\n", "as long as its header"),
        ("a,a\n1,2\n", "names of their own"),
        ("a:money\n1\n", "`money` is no type"),
        ("a:integer\nx\n", "`x` is no integer value"),
        ("a:integer\n3000000000\n", "is no integer value"),
        ('a\n"x\n', "can't be read"),
    ],
)
def test_refuses_what_is_no_table(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read_table(written(tmp_path, text))


def test_queries_find_files_by_name(tmp_path: Path, schema: Schema, ask: Ask) -> None:
    written(tmp_path, "user.name,team,seen\nalice,red,\nbob,blue,3\n", "teams.csv")
    written(tmp_path, "ip,place\n10.1.2.3,office\n", "places.csv")
    reading = Reading("query_events", lookups=(tmp_path,))
    joined = "LOOKUP JOIN teams ON user.name | ENRICH places ON source.ip WITH place | SORT event.id"
    query = f'FROM logs-* | WHERE event.id IN ("e02", "e04") | {joined} | KEEP event.id, team, seen, place'
    compiled = compile_esql(query, schema, NOW, reading)
    rows = [[row[one.id] for one in compiled.columns] for row in ask(compiled.tree, compiled.params)]
    assert rows == [["e02", "red", None, "office"], ["e04", "blue", 3, None]]
