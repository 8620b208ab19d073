"""Alerts as people read them: what, how grave, which ATT&CK technique, why."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bartizan.cli.output import Format, cell, print_rows

COLUMNS = (
    "@timestamp",
    "alert.severity",
    "alert.risk_score",
    "rule.name",
    "threat.tactic.id",
    "threat.technique.id",
    "alert.reason",
)
_COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


def print_alerts(alerts: Iterable[Mapping[str, Any]], format: Format) -> None:
    """Print alerts, the gravest first in a table, in order of time otherwise."""
    if format is not Format.TABLE:
        print_rows(sorted(alerts, key=lambda alert: str(alert["@timestamp"])), COLUMNS, format)
        return
    table = Table(header_style="bold", show_lines=False, pad_edge=False)
    for heading in ("time", "severity", "ATT&CK", "rule and reason"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "rule and reason")
    for alert in sorted(alerts, key=lambda a: (-a["alert"]["risk_score"], str(a["@timestamp"]))):
        table.add_row(*_cells(alert))
    Console(highlight=False).print(table)


def _cells(alert: Mapping[str, Any]) -> tuple[Text, ...]:
    severity = cell(alert, "alert.severity")
    return (
        Text(cell(alert, "@timestamp").replace("T", " ")[:19]),
        Text(f"{severity} {cell(alert, 'alert.risk_score')}", style=_COLOURS.get(severity, "")),
        Text("\n".join(_techniques(alert))),
        Text.assemble((cell(alert, "rule.name"), "bold"), "\n", cell(alert, "alert.reason")),
    )


def _techniques(alert: Mapping[str, Any]) -> list[str]:
    technique = alert.get("threat", {}).get("technique", {})
    return list(technique.get("subtechnique", {}).get("id") or technique.get("id") or [])
