"""Alerts as people read them: what, how grave, which ATT&CK technique, why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bartizan.cli.output import Format, cell, print_rows, stderr

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


def print_alerts(alerts: Sequence[Mapping[str, Any]], format: Format) -> None:
    """Print alerts: in a table the gravest first, those of one rule, user and source as one; else in order of time."""
    if format is not Format.TABLE:
        print_rows(sorted(alerts, key=lambda alert: str(alert["@timestamp"])), COLUMNS, format)
        return
    table = Table(header_style="bold", show_lines=False, pad_edge=False)
    for heading in ("time", "severity", "ATT&CK", "rule and reason"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "rule and reason")
    groups = sorted(_groups(alerts), key=lambda group: (-group[0]["alert"]["risk_score"], str(group[0]["@timestamp"])))
    for group in groups:
        table.add_row(*_cells(group))
    Console(highlight=False).print(table)
    if len(groups) < len(alerts):
        stderr().print(f"{len(alerts):,} alerts, alike ones together; --format ndjson or csv prints each")


def _groups(alerts: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Alerts that differ in their event alone, each group in order of time."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for alert in sorted(alerts, key=lambda alert: str(alert["@timestamp"])):
        key = tuple(cell(alert, path) for path in ("rule.id", "user.name", "source.ip"))
        groups.setdefault(key, []).append(alert)
    return list(groups.values())


def _cells(group: Sequence[Mapping[str, Any]]) -> tuple[Text, ...]:
    first, last = group[0], group[-1]
    severity = cell(first, "alert.severity")
    times = [_time(first)] if len(group) == 1 else [_time(first), f"to {_time(last)}", f"{len(group)} alerts"]
    return (
        Text("\n".join(times)),
        Text(f"{severity} {cell(first, 'alert.risk_score')}", style=_COLOURS.get(severity, "")),
        Text("\n".join(_techniques(first))),
        Text.assemble((cell(first, "rule.name"), "bold"), "\n", cell(first, "alert.reason")),
    )


def _time(alert: Mapping[str, Any]) -> str:
    return cell(alert, "@timestamp").replace("T", " ")[:19]


def _techniques(alert: Mapping[str, Any]) -> list[str]:
    """Sub-techniques by themselves, techniques where no sub-technique says it more exactly."""
    ids = alert.get("threat", {}).get("technique", {}).get("id", [])
    return [one for one in ids if not any(other.startswith(f"{one}.") for other in ids)]
