"""Which alerts go where."""

from typing import Any

import pytest

from bartizan.connector_config import NotifyRoute
from bartizan.respond.actions import read_actions
from bartizan.respond.route import Choice, route
from tests.respond.conftest import alert

ROUTES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"min_severity": "high"}, True),
    ({"min_severity": "critical"}, False),
    ({"rules": ("r-1",)}, True),
    ({"rules": ("r-2", "r-*")}, True),
    ({"rules": ("r-2",)}, False),
    ({"rules": ("r-?", "r-[0-9]")}, False),
    ({"tags": ("Trail",)}, True),
    ({"tags": ("trail",)}, False),
    ({"tags": ("x", "AWS"), "rules": ("r-1",), "min_severity": "medium"}, True),
    ({"tags": ("AWS",), "rules": ("r-2",)}, False),
]


def test_a_building_block_goes_where_its_rule_sends_it_alone() -> None:
    block = alert()
    block["alert"]["building_block_type"] = "default"
    routes = [NotifyRoute(connectors=("a",))]
    assert [one.connector for one in route([block], routes, {})] == []
    assert [one.connector for one in route([block], routes, {"r-1": Choice(("b",))})] == ["b"]


@pytest.mark.parametrize(("settings", "is_taken"), ROUTES)
def test_a_route_takes_what_fits_it(settings: dict[str, Any], is_taken: bool) -> None:
    routed = route([alert()], [NotifyRoute(connectors=("a", "b"), **settings)], {})
    assert [one.connector for one in routed] == (["a", "b"] if is_taken else [])


def test_an_alert_goes_once_to_each_connector() -> None:
    routes = [NotifyRoute(("a", "b")), NotifyRoute(("b", "c"))]
    routed = route([alert("x"), alert("y")], routes, {"r-1": Choice(("c", "d")), "other": Choice(("e",))})
    assert [(one.alert["alert"]["id"], one.connector) for one in routed] == [(id, c) for id in "xy" for c in "abcd"]


@pytest.mark.parametrize("tags", ["AWS, Trail", ["AWS", "Trail"]])
def test_tags_as_the_store_has_them(tags: object) -> None:
    stored = {"rule.category": tags, "alert.severity": "low"}
    assert [one.connector for one in route([stored], [NotifyRoute(("a",), tags=("Trail",))], {})] == ["a"]


@pytest.mark.parametrize("odd", [{}, {"alert": None}, {"alert": {"severity": ["high"]}}, {"rule": {"category": 7}}])
def test_an_odd_alert_stops_nothing(odd: dict[str, Any]) -> None:
    assert not list(route([odd], [NotifyRoute(("a",), tags=("x",))], {}))
    assert not list(route([odd], [NotifyRoute(("a",), rules=("r",))], {}))
    assert len(list(route([odd], [NotifyRoute(("a",))], {}))) == 1


def test_a_rules_own_pace_goes_before_a_routes() -> None:
    routed = route([alert()], [NotifyRoute(("a", "b"))], {"r-1": Choice(("b", "c"), 60)})
    assert [(one.connector, one.every_s) for one in routed] == [("a", 0), ("b", 60), ("c", 60)]


def test_actions_are_asked_of_the_connector_they_name() -> None:
    actions = read_actions([{"type": "isolate_host", "connector": "soar"}], "rule r-1")
    routed = list(route([alert()], [NotifyRoute(("soar",))], {"r-1": Choice(actions=actions)}))
    assert [(one.connector, one.action) for one in routed] == [("soar", None), ("soar", actions[0])]
