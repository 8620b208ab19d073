"""Alerts as people read them."""

from typing import Any

import pytest

from bartizan.cli.alert_table import print_alerts
from bartizan.cli.output import Format, visible


def alert(id: str, risk_score: int, at: str, name: str = "n", user: str = "alice") -> dict[str, Any]:
    return {
        "@timestamp": at,
        "rule": {"id": id, "name": name},
        "user": {"name": user},
        "threat": {"tactic": {"id": ["TA0005"]}, "technique": {"id": ["T1562", "T1562.008", "T1078"]}},
        "alert": {"severity": "high", "risk_score": risk_score, "reason": f"reason of {id}"},
    }


ALERTS = [
    alert("mild", 21, "2026-03-01T10:00:00.000Z"),
    alert("grave", 99, "2026-03-01T11:00:02.000Z"),
    alert("grave", 99, "2026-03-01T09:00:01.000Z"),
]


def test_the_gravest_come_first_and_alike_ones_together(capsys: pytest.CaptureFixture[str]) -> None:
    print_alerts(ALERTS, Format.TABLE)
    printed = capsys.readouterr()
    assert printed.out.count("reason of grave") == 1
    assert printed.out.index("reason of grave") < printed.out.index("reason of mild")
    assert "to 2026-03-01 11:00:02" in printed.out
    assert "2 alerts" in printed.out
    assert "T1562.008" in printed.out
    assert "T1562 " not in printed.out
    assert "3 alerts, alike ones together" in printed.err


def test_programs_get_each_in_order_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    print_alerts(ALERTS, Format.CSV)
    rows = capsys.readouterr().out.splitlines()
    assert [row[:19] for row in rows[1:]] == ["2026-03-01T09:00:01", "2026-03-01T10:00:00", "2026-03-01T11:00:02"]
    assert rows[0].startswith("@timestamp,alert.severity,alert.risk_score,rule.name")


@pytest.mark.parametrize("text", ["\x1b]0;owned\x07", "[red]x[/red]", "\u202eexe", "[link=http://x]y[/link]"])
def test_what_a_record_says_is_inert(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_alerts([alert("r", 1, "2026-03-01T10:00:00Z", text, text)], Format.TABLE)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert visible(text) in printed


def test_no_alerts_are_an_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_alerts([], Format.TABLE)
    assert "rule and reason" in capsys.readouterr().out
