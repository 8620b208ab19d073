"""Previews as people read them."""

import pytest

from bartizan.cli.preview_table import bars


@pytest.mark.parametrize(
    ("counts", "shown"),
    [((), ""), ((0, 0), "  "), ((1, 0, 1), "█ █"), ((1, 2, 4, 8), "▁▂▄█"), ((1, 1000), "▁█")],
)
def test_bars_are_as_high_as_counts(counts: tuple[int, ...], shown: str) -> None:
    assert bars(counts) == shown
