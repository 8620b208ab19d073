"""A stored row as the ECS document it stands for."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.ecs.document import document
from bartizan.ecs.registry import Field, Registry, load_registry

OWN = (
    Field("test.open", "flattened", False),
    Field("test.list", "nested", False),
    Field("test.thing", "object", False),
)

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "empty values are left out": ({"user.name": "", "source.ip": None, "tags": [], "message": "m"}, {"message": "m"}),
    "zero and false are values": ({"a.n": 0, "a.b": False}, {"a": {"n": 0, "b": False}}),
    "dotted names nest": ({"user.name": "n", "user.id": "1"}, {"user": {"name": "n", "id": "1"}}),
    "IPv4 is shown as itself": ({"source.ip": "::ffff:10.0.0.1"}, {"source": {"ip": "10.0.0.1"}}),
    "IPv6 stays": ({"source.ip": "2001:db8::1"}, {"source": {"ip": "2001:db8::1"}}),
    "mapped IPv6 of another kind stays": ({"source.ip": "::ffff:0:1"}, {"source": {"ip": "::ffff:0:1"}}),
    "lists of addresses": ({"related.ip": ["::ffff:1.2.3.4", "::1"]}, {"related": {"ip": ["1.2.3.4", "::1"]}}),
    "open fields are parsed": ({"test.open": '{"a":[1]}'}, {"test": {"open": {"a": [1]}}}),
    "lists of objects are parsed": ({"test.list": '[{"a":1}]'}, {"test": {"list": [{"a": 1}]}}),
    "broken JSON is kept as text": ({"test.open": "{broken"}, {"test": {"open": "{broken"}}),
    "a scalar before an object": ({"a": 1, "a.b": 2}, {"a": {"value": 1, "b": 2}}),
    "an object before a scalar": ({"a.b": 2, "a": 1}, {"a": {"b": 2, "value": 1}}),
    "an open object and a field below it": (
        {"test.thing": '{"x":1}', "test.thing.y": 2},
        {"test": {"thing": {"x": 1, "y": 2}}},
    ),
    "a field and the open object above it": (
        {"test.thing.y": 2, "test.thing": '{"x":1}'},
        {"test": {"thing": {"y": 2, "x": 1}}},
    ),
    "names that look like attributes": ({"__class__.x": 1, "items": 2}, {"__class__": {"x": 1}, "items": 2}),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry().with_fields(OWN)


@pytest.mark.parametrize("row, expected", CASES.values(), ids=CASES)
def test_document(registry: Registry, row: dict[str, Any], expected: dict[str, Any]) -> None:
    assert document(row, registry) == expected


@pytest.mark.parametrize("levels", [90, 300, 1000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")])
def test_a_document_can_be_written_however_deep_its_record_is(
    registry: Registry, levels: int, opening: str, closing: str
) -> None:
    text = opening * levels + "1" + closing * levels
    shown = document({"test.open": text}, registry)
    assert orjson.loads(orjson.dumps(shown)) == shown
    assert (shown["test"]["open"] == text) == (levels > 100)


NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)


REGISTRY = load_registry()


@given(st.dictionaries(NAMES, st.integers() | st.text(min_size=1) | st.lists(st.integers(), min_size=1)))
def test_no_value_is_lost(row: dict[str, Any]) -> None:
    """Whatever names claim each other's places, each value is somewhere in the document."""
    found = leaves(document(row, REGISTRY))
    assert sorted(map(repr, found)) == sorted(map(repr, row.values()))


def leaves(value: Any) -> list[Any]:
    if not isinstance(value, dict):
        return [value]
    return [leaf for inner in value.values() for leaf in leaves(inner)]
