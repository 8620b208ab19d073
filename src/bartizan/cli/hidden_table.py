"""What an exception would hide as people read it: warnings first, then of which rules, and whom it is about."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bartizan.cli.output import Format, print_rows, stderr, visible, visible_lines
from bartizan.cli.preview_table import day_of, print_entities, print_samples

COLUMNS = ("id", "name", "severity", "alerts", "hidden", "left", "changed", "events", "stored", "open", "error")


def print_hidden(found: Mapping[str, Any], format: Format) -> None:
    """Print what would be hidden: for programs a row for the whole and one for each rule, in CSV those of the rules."""
    if format is Format.TABLE:
        _print_for_people(found)
        return
    rules = [{"kind": "rule", **one} for one in found["rules"]]
    whole = {"kind": "preview", **{name: value for name, value in found.items() if name != "rules"}}
    print_rows([whole, *rules] if format is Format.NDJSON else rules, COLUMNS, format)


def _print_for_people(found: Mapping[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{day_of(found['start'])} to {day_of(found['end'])}: it would hide {found['hidden']:,} of {found['alerts']:,}"
        f" alerts, {found['stored']:,} that are stored ({found['open']:,} open); it holds for {found['covered']:,} of"
        f" {found['events']:,} events"
    )
    for warning in found["warnings"]:
        stderr().print(f"warning: {visible(warning)}", markup=False)
    touched = [one for one in found["rules"] if one["hidden"] or one["changed"] or one["events"] or one["stored"]]
    if touched:
        Console(highlight=False).print(_table(touched))
        print_entities(console, found["entities"])
        print_samples(console, touched)
    for one in found["rules"]:
        if one["error"]:
            stderr().print(f"{visible(one['name'])}: {visible_lines(one['error'])}", markup=False)


def _table(rules: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(header_style="bold", pad_edge=False)
    table.add_column("rule", overflow="fold")
    table.add_column("severity", no_wrap=True)
    for heading in ("alerts", "hidden", "left", "events", "stored", "open"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in rules:
        name = Text("\n".join([visible(one["name"]), *_beside(one)]))
        counts = (f"{one[count]:,}" for count in ("alerts", "hidden", "left", "events", "stored", "open"))
        table.add_row(name, *map(Text, (one["severity"], *counts)))
    return table


def _beside(rule: Mapping[str, Any]) -> list[str]:
    told = ["switched off"] if rule["is_off"] else []
    if rule["hides_all"]:
        told.append("nothing would be left")
    if rule["changed"]:
        told.append(f"{rule['changed']:,} of what is left would be other alerts")
    if rule["is_least"]:
        told.append("there are more than were counted")
    return told
