"""Plans are kept while they mean the same."""

from datetime import timedelta

import pytest

from bartizan.detect.meaning import Knowledge
from bartizan.detect.planner import PRESENT_S, Planner
from bartizan.detect.rule import Rule
from tests.detect.conftest import varied
from tests.detect.store import NOW, DetectStore

DAY_S = 86_400


@pytest.mark.parametrize(
    ("query", "after_s", "is_kept"),
    [
        ("event.action: StopLogging", 0, True),
        ("event.action: StopLogging", 10 * DAY_S, True),
        ("@timestamp >= now-1d", PRESENT_S - 1, True),
        ("@timestamp >= now-1d", PRESENT_S, False),
        ("@timestamp >= now-1d", -1, False),
        ("user.name: unknown", 10 * DAY_S, True),
    ],
)
def test_a_plan_is_kept_while_it_means_the_same(
    store: DetectStore, rule: Rule, query: str, after_s: int, is_kept: bool
) -> None:
    planner, own = Planner(), varied(rule, query=query, index=(store.stream,))
    first, again = (
        planner.plans([own], store.schema(), Knowledge(NOW + timedelta(seconds=seconds)))[0][0]
        for seconds in (0, after_s)
    )
    assert (first is again) is is_kept
    assert planner.plans([varied(own, query="user.id: 1")], store.schema(), Knowledge(NOW))[0][0] is not again
