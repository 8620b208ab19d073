"""Which techniques have rules, which of these data, and when they last ran."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bartizan.detect.attack.registry import Attack
from bartizan.detect.coverage import Covered, coverage, stored_data
from bartizan.detect.coverage_layer import coverage_layer, coverage_rows
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.meaning import Knowledge
from bartizan.detect.rule import Rule
from tests.detect.store import NOW, DetectStore, record


@pytest.fixture
def covered(make_store: Callable[[], DetectStore], rule: Rule, attack: Attack) -> tuple[Covered, ...]:
    store = make_store()
    store.add(record(1, "Other"))
    ran = replace(rule, id=f"ran-{store.namespace}", index=(store.stream,))
    table = {"type": "esql", "language": "esql", "index": ("logs-*",)}
    rules = [
        ran,
        replace(rule, id="no-data", name="No data", index=("logs-nothing-*",)),
        replace(rule, id="table", query=f"FROM {store.stream} | LIMIT 1", threats=(), **table),
        replace(rule, id="t", query="FROM nowhere-*", threats=(attack.reference("TA0040/T1485"),), **table),
        replace(rule, id="u", query=f"FROM {store.stream}", threats=(attack.reference("TA0010/T1537"),), **table),
    ]
    store.run([ran])
    return coverage(rules, stored_data(store.schema(), DetectionLedger(store.engine)), Knowledge(NOW))


def test_each_technique_has_its_rules_data_and_last_run(covered: tuple[Covered, ...]) -> None:
    rows = {row["technique"]: row for row in coverage_rows(covered)}
    assert {id: (row["tactic"], row["rules"], row["with_data"]) for id, row in rows.items()} == {
        "T1562.008": ("defense-evasion", 2, 1),
        "T1537": ("exfiltration", 1, 1),
        "T1485": ("impact", 1, 0),
    }
    assert rows["T1562.008"]["last_run"].startswith("2026-03-01T12:")
    assert rows["T1485"]["last_run"] is None


def test_a_layer_for_the_navigator(covered: tuple[Covered, ...]) -> None:
    layer = coverage_layer(covered)
    assert layer["versions"] == {"attack": "18", "navigator": "5.1.0", "layer": "4.5"}
    assert layer["gradient"]["maxValue"] == 1
    first = layer["techniques"][0]
    assert (first["techniqueID"], first["tactic"], first["score"]) == ("T1562.008", "defense-evasion", 1)
    assert first["comment"] == "Logging stopped; No data"
    assert {one["name"] for one in first["metadata"]} == {"rules", "rules with data", "last run"}
