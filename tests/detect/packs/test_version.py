"""Precedence of versions as semver.org says it, section 11."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.detect.packs.errors import BadPack
from bartizan.detect.packs.version import read_version

ORDERED = [
    "0.0.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.10",
    "1.2.0",
    "10.0.0",
]


def test_the_order() -> None:
    assert sorted(sorted(ORDERED, reverse=True), key=lambda text: read_version(text, "x")) == ORDERED


def test_build_metadata_counts_nothing() -> None:
    assert read_version("1.0.0+a", "x") == read_version("1.0.0+b", "x")


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-01", "1.2.3-", "v1.2.3", "1.2.3\n", "١.2.3"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(BadPack, match="is no version"):
        read_version(text, "x")


@given(st.text(max_size=80))
def test_any_text_is_one_or_refused(text: str) -> None:
    with suppress(BadPack):
        assert str(read_version(text, "x")) == text
