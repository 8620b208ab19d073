"""What all tests share: the one embedded engine that a test process may have."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chdb
import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def chdb_connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to chDB on a folder of its own; a process can open one folder only, so isolate by database."""
    folder: Path = tmp_path_factory.mktemp("chdb")
    connection = chdb.connect(str(folder))
    yield connection
    connection.close()
