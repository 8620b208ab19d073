"""A stream's folder as a mapping, and a message for each way of being wrong."""

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from bartizan.integrations.catalog import SHIPPED, load_catalog
from bartizan.integrations.errors import IntegrationError, UnknownDataset
from bartizan.integrations.macros import load_macros
from bartizan.integrations.mapping import PASSED, Mapping, load_mapping
from bartizan.integrations.skeleton import write_skeleton
from bartizan.integrations.stream import Stream, load_stream

MACROS = load_macros()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_skeleton("acme.audit", tmp_path)


def mapping(folder: Path) -> Mapping:
    return load_mapping(load_stream(folder), MACROS)


def test_a_new_stream_is_one(folder: Path) -> None:
    stream = load_stream(folder)
    assert (stream.name(), stream.module) == ("logs-acme.audit-default", "acme")
    assert mapping(folder).columns[:2] == ("@timestamp", "event.id")


def test_it_is_not_written_over(folder: Path) -> None:
    with pytest.raises(IntegrationError, match="it exists already"):
        write_skeleton("acme.audit", folder.parents[1])


@pytest.mark.parametrize("name", ["acme", "acme.", "../x.y", "a b.c", "", "Acme.Audit", "acme..x", "a.b-c"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(IntegrationError, match="is no dataset name"):
        write_skeleton(name, tmp_path)


WRONG = [
    ("SELECT id AS `event.id` FROM records", "the mapping gives no `@timestamp`"),
    ("SELECT FROM WHERE (", "mapping.sql:1"),
    ("DROP TABLE x", "one SELECT is expected"),
    ("SELECT 1; SELECT 2", "one SELECT is expected"),
    ("", "one SELECT is expected, it is empty"),
    ("SELECT 1,\n  'open FROM records", "mapping.sql:2: a quote is not closed"),
    ("SELECT\n\n  javaMap(1, 2) FROM records", "mapping.sql:3: macro `javaMap` takes 1 arguments, got 2"),
]


@pytest.mark.parametrize(("sql", "message"), WRONG)
def test_what_is_wrong_with_a_mapping_is_named(folder: Path, sql: str, message: str) -> None:
    (folder / "mapping.sql").write_text(sql)
    with pytest.raises(IntegrationError) as caught:
        mapping(folder)
    assert message in str(caught.value)
    assert "mapping.sql" in str(caught.value)


def test_an_unknown_key_is_named(folder: Path) -> None:
    described = folder / "stream.toml"
    described.write_text('speed = "fast"\n' + described.read_text())
    with pytest.raises(IntegrationError, match="unknown key `speed`"):
        load_stream(folder)


def test_two_streams_of_one_dataset_are_refused_with_both_folders(tmp_path: Path) -> None:
    folders = [write_skeleton("acme.audit", tmp_path / name) for name in ("one", "two")]
    with pytest.raises(IntegrationError) as caught:
        load_catalog([tmp_path])
    assert str(folders[0]) in str(caught.value)
    assert str(folders[1]) in str(caught.value)


def test_an_unknown_dataset_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownDataset, match=r"did you mean `aws\.cloudtrail`"):
        load_catalog().stream("aws.cloudtrial")


SHAPES = [
    "SELECT message AS m FROM records",
    "WITH length(message) AS n SELECT n AS m FROM records",
    "SELECT m FROM (SELECT *, 1 AS m FROM (SELECT message FROM records))",
    "WITH a AS (SELECT message FROM records), b AS (SELECT message AS m FROM a) SELECT m FROM b",
]


@pytest.mark.parametrize("sql", SHAPES)
def test_the_raw_record_reaches_the_result_whatever_is_selected(sql: str) -> None:
    tree = sqlglot.parse_one(sql, dialect="clickhouse")
    assert isinstance(tree, exp.Select)
    records = sqlglot.parse_one("SELECT 1 AS x", dialect="clickhouse")
    assert isinstance(records, exp.Query)
    over = Mapping(Stream("a.b", "", SHIPPED), tree).over(records)
    assert [projection.alias_or_name for projection in over.expressions] == ["m", *PASSED]


def test_derived_columns_have_their_names_put_in(folder: Path) -> None:
    (folder / "derived.sql").write_text(
        "WITH lower(`user.name`) AS low, concat(low, '!') AS loud SELECT loud AS `acme.loud` FROM events"
    )
    (derived,) = mapping(folder).derived
    assert derived.alias == "acme.loud"
    assert derived.this.sql(dialect="clickhouse").replace("lower", "LOWER") == "(CONCAT((LOWER(\"user.name\")), '!'))"


def test_a_derived_column_needs_a_name(folder: Path) -> None:
    (folder / "derived.sql").write_text("SELECT lower(`user.name`) FROM events")
    with pytest.raises(IntegrationError, match="has no name"):
        mapping(folder)
