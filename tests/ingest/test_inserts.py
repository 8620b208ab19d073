"""What stores a dataset's records serves all its streams."""

from pathlib import Path

import pytest

from bartizan.engine.base import Engine
from bartizan.ingest.inserts import Inserts
from bartizan.integrations.errors import UnknownDataset
from tests.ingest.store import CATALOG, MACROS, REGISTRY, Store, inserts_over


def test_streams_of_a_dataset_share_it_and_keep_their_names(engine: Engine, tmp_path: Path, mark: str) -> None:
    made = inserts_over(engine).of("test.event")
    for namespace in (f"{mark}a", f"{mark}b"):
        store = Store(engine, tmp_path / namespace, namespace)
        store.ingest(b'{"time":"2026-03-01T10:00:00Z","action":"act"}\n' + namespace.encode())
        kept = "SELECT DISTINCT `data_stream.namespace` AS namespace FROM {table: Identifier}"
        assert store.query(kept) == [{"namespace": namespace}]
        store.spool.close()
        store.query("DROP TABLE {table: Identifier}")
    assert inserts_over(engine).of("test.event") is made
    assert made.table("one").columns is made.table("other").columns


def test_a_dataset_that_does_not_exist_is_told(engine: Engine) -> None:
    with pytest.raises(UnknownDataset, match=r"test\.evnt"):
        Inserts(engine, CATALOG, MACROS, REGISTRY).of("test.evnt")
