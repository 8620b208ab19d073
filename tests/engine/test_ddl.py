"""DDL as text against `ddl/*.sql`; chDB's own parser reads each statement, since no cluster is at hand to run it.

`BARTIZAN_WRITE_GOLDEN=1 pytest tests/engine/test_ddl.py` writes the files anew.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from bartizan.engine.cluster import Cluster
from bartizan.engine.columns import Column
from bartizan.engine.ddl import Table, create_statements, retention_statement, updatable_statement, widen_statements
from bartizan.engine.updates import update_statement
from tests.engine.stream_tables import ADDED, stream_table

GOLDEN = Path(__file__).parent / "ddl"
NAME = "logs-aws.cloudtrail-default"
MAIN = Cluster("main")
LEDGER = Table(
    "detection-ledger",
    (Column("rule.id", "String", "ZSTD(1)"), Column("event.ingested", "DateTime64(3, 'UTC')", "Delta(8), ZSTD(1)")),
    ("rule.id",),
    365,
)
UPDATABLE = replace(LEDGER, is_updatable=True)
VALUES = {"rule.id": sqlglot.parse_one("lower(`rule.id`)", dialect="clickhouse")}
WHERE = sqlglot.parse_one("`rule.id` IN ('a', 'b')", dialect="clickhouse")

CASES: dict[str, Sequence[exp.Expr]] = {
    "create": create_statements(stream_table(NAME)),
    "create_for_ever": create_statements(stream_table(NAME, retention_days=0)),
    "create_on_cluster": create_statements(stream_table(NAME), MAIN),
    "create_without_event_id_on_cluster": create_statements(LEDGER, MAIN),
    "create_on_cluster_with_an_odd_name": create_statements(LEDGER, Cluster('a"b')),
    "widen": widen_statements(NAME, ADDED),
    "widen_on_cluster": widen_statements(NAME, ADDED, MAIN),
    "retention": [retention_statement(NAME, 90), retention_statement(NAME, 0)],
    "retention_on_cluster": [retention_statement(NAME, 90, MAIN), retention_statement(NAME, 0, MAIN)],
    "create_updatable": create_statements(UPDATABLE),
    "updatable": [updatable_statement(NAME)],
    "updatable_on_cluster": [updatable_statement(NAME, MAIN)],
    "update": [update_statement(NAME, VALUES, WHERE)],
    "update_on_cluster": [update_statement(NAME, VALUES, WHERE, MAIN)],
}


@pytest.mark.parametrize("case", CASES)
def test_ddl(case: str) -> None:
    written = "\n\n".join(f"{statement.sql(dialect='clickhouse', pretty=True)};" for statement in CASES[case]) + "\n"
    golden = GOLDEN / f"{case}.sql"
    if os.environ.get("BARTIZAN_WRITE_GOLDEN"):
        golden.write_text(written, encoding="utf-8")
    assert written == golden.read_text(encoding="utf-8")


def test_every_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.sql")} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_clickhouse_reads_it(chdb_connection: object, case: str) -> None:
    for statement in CASES[case]:
        tree = chdb_connection.query(f"EXPLAIN AST {statement.sql(dialect='clickhouse')}", "TSVRaw")  # type: ignore[attr-defined]
        assert tree.bytes().split()[0] in (b"CreateQuery", b"AlterQuery", b"UpdateQuery")
