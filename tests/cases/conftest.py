"""Casework over each of the control-plane databases."""

from pathlib import Path

import pytest

from bartizan.cases.case import Case
from bartizan.cases.casework import Casework, casework_over
from bartizan.state.stores import State
from tests.control_plane import Time


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The folder of attachments."""
    return tmp_path / "attachments"


@pytest.fixture
def work(state: State, files: Path, time: Time) -> Casework:
    return casework_over(state.database, files, time.clock)


@pytest.fixture
def case(work: Casework) -> Case:
    return work.cases.create({"title": "Keys made at night", "severity": "high", "tags": ["iam"]}, "maria")
