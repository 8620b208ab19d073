"""Texts with places: values come once, inert."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.respond.template import clipped, clipped_bytes, render

ALERT: dict[str, Any] = {
    "user": {"name": "{source.ip}", "id": 7, "roles": ["a", "b"], "none": None, "empty": []},
    "source": {"ip": "192.0.2.1"},
    "cloud.account.id": "1111",
}
CASES = {
    "{source.ip}": "192.0.2.1",
    "{user.name}": "{source.ip}",
    "{user.id} {user.roles}": "7 a, b",
    "{user.none|user.empty|user.id}": "7",
    "{user.gone}": "(unknown)",
    "{source.ip.more}": "(unknown)",
    "{cloud.account.id}": "1111",
    "{} {a b} {{source.ip}} {": "{} {a b} {192.0.2.1} {",
    "{user.__class__} {0.real}": "(unknown) (unknown)",
}


@pytest.mark.parametrize(("template", "text"), CASES.items())
def test_places(template: str, text: str) -> None:
    assert render(template, ALERT) == text


@given(st.text())
def test_a_value_is_one_printable_line(text: str) -> None:
    shown = render("{a}", {"a": text})
    assert shown.isprintable()
    assert shown == "(unknown)" or shown.isascii() or text


def test_only_values_are_escaped() -> None:
    assert render("<{a}>", {"a": "<b>"}, lambda text: text.replace("<", "&lt;")) == "<&lt;b>>"


@given(st.text(), st.integers(4, 20))
def test_clipping(text: str, size: int) -> None:
    assert len(clipped(text, size)) <= size
    cut = clipped_bytes(text.encode(errors="replace").decode(), size)
    assert len(cut) <= size
    cut.decode()
