"""The registry knows nested, reused and multi-fields, and suggests what was probably meant."""

import csv
import io

import pytest

from bartizan.ecs import Field, Registry, load_registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.mark.parametrize(
    ("name", "ecs_type", "is_array"),
    [
        ("@timestamp", "date", False),
        ("event.category", "keyword", True),
        ("source.ip", "ip", False),
        ("host.ip", "ip", True),
        ("process.name.text", "match_only_text", False),
        ("process.parent.pe.imports", "flattened", True),
        ("user.target.name", "keyword", False),
        ("dns.answers", "object", True),
    ],
)
def test_knows(registry: Registry, name: str, ecs_type: str, is_array: bool) -> None:
    assert registry.get(name) == Field(name, ecs_type, is_array)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("event.acton", "event.action"),
        ("Event.Action", "event.action"),
        ("sourceip", "source.ip"),
        ("user_agent.orignal", "user_agent.original"),
        ("zzzz.qqqq", None),
    ],
)
def test_suggests_the_nearest_name(registry: Registry, misspelt: str, meant: str | None) -> None:
    assert registry.get(misspelt) is None
    assert registry.nearest(misspelt) == meant


def test_suggests_names_it_was_handed(registry: Registry) -> None:
    assert (
        registry.nearest("aws.cloudtrail.eror_code", extra=["aws.cloudtrail.error_code"]) == "aws.cloudtrail.error_code"
    )


def test_integrations_add_fields_without_changing_the_original(registry: Registry) -> None:
    own = Field("aws.cloudtrail.flattened.request_parameters", "flattened", False)
    wider = registry.with_fields([own])
    assert wider.get(own.name) == own
    assert wider.is_group("aws.cloudtrail")
    assert registry.get(own.name) is None
    assert len(wider) == len(registry) + 1


def test_groups_are_what_has_fields_below(registry: Registry) -> None:
    assert registry.is_group("source.geo")
    assert not registry.is_group("source.geo.city_name")


def test_data_file_holds_each_name_once(registry: Registry) -> None:
    from importlib import resources

    text = resources.files("bartizan.ecs").joinpath("fields.csv").read_text(encoding="utf-8")
    names = [row["field"] for row in csv.DictReader(io.StringIO(text))]
    assert len(names) == len(set(names)) == len(registry) > 2500


def test_aliases_hold_in_the_streams_they_are_for() -> None:
    own = {"signal.name": "rule.name", "signal.was.*": "event.*", "loop": "loop"}
    registry = load_registry().with_aliases({"alerts-": own}).with_fields([Field("acme.x", "keyword", False)])
    assert registry.alias("signal.name", "alerts-detection-default") == "rule.name"
    assert registry.alias("signal.was.a.b", "alerts-detection-default") == "event.a.b"
    for name, stream in (
        ("signal.name", "logs-x-default"),
        ("signal", "alerts-x"),
        ("signal.was", "alerts-x"),
        ("", ""),
    ):
        assert registry.alias(name, stream) is None
