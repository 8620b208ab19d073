"""A preview as people read it: how many alerts and when, which rules make them, whom they are about, a few of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bartizan.cli.output import Format, cell, print_rows, stderr, visible, visible_lines

COLUMNS = ("id", "name", "severity", "alerts", "per_day", "matched", "share", "cut", "suppressed", "error")
_BLOCKS = "▁▂▃▄▅▆▇█"
MAX_SAMPLES = 5
"""Alerts that are shown of all rules together."""
MAX_VALUES = 5
"""Values that are shown of a field."""


def print_preview(found: Mapping[str, Any], format: Format) -> None:
    """Print a preview: for programs a row for the whole and one for each rule, in CSV those of the rules."""
    if format is Format.TABLE:
        _print_for_people(found)
        return
    rules = [{"kind": "rule", **one} for one in found["rules"]]
    whole = {"kind": "preview", **{name: value for name, value in found.items() if name != "rules"}}
    print_rows([whole, *rules] if format is Format.NDJSON else rules, COLUMNS, format)


def bars(counts: Sequence[int]) -> str:
    """A histogram in one line: a space for none, the highest block for the most."""
    most = max(counts, default=0)
    return "".join(_BLOCKS[(count * len(_BLOCKS) - 1) // most] if count else " " for count in counts)


def _print_for_people(found: Mapping[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    loud = [one for one in found["rules"] if one["alerts"] or one["suppressed"]]
    console.print(
        f"{day_of(found['start'])} to {day_of(found['end'])}: {found['events']:,} events, {found['alerts']:,} alerts of"
        f" {len(loud):,} of {len(found['rules']):,} rules, {found['per_day']:,} a day"
    )
    if found["alerts"]:
        console.print(
            f"│{bars(found['histogram'])}│ each of {_length(found['bucket_s'])}, at most {max(found['histogram']):,}"
        )
        Console(highlight=False).print(_table(loud, found["alerts"]))
        print_entities(console, found["entities"])
        print_samples(console, loud)
    for one in found["rules"]:
        if one["error"]:
            stderr().print(f"{visible(one['name'])}: {visible_lines(one['error'])}", markup=False)


def _table(rules: Iterable[Mapping[str, Any]], alerts: int) -> Table:
    table = Table(header_style="bold", pad_edge=False)
    table.add_column("rule", overflow="fold")
    table.add_column("severity", no_wrap=True)
    for heading in ("alerts", "a day", "of all", "of events"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in rules:
        name = Text("\n".join([visible(one["name"]), *_beside(one)]))
        count = f"{one['alerts']:,}{'+' if one['is_least'] else ''}"
        shares = (f"{one['alerts'] / max(alerts, 1):.0%}", f"{one['share']:.3%}")
        table.add_row(name, *map(Text, (one["severity"], count, f"{one['per_day']:,}", *shares)))
    return table


def _beside(rule: Mapping[str, Any]) -> list[str]:
    """What is said of a rule that is switched off, suppressed, cut or has exceptions."""
    told = ["switched off"] if rule["is_off"] else []
    if rule["exceptions"]:
        told.append(f"{rule['exceptions']:,} exceptions")
    if rule["suppressed"]:
        told.append(f"{rule['suppressed']:,} more suppressed")
    if rule["cut"]:
        told.append(f"{rule['cut']:,} beyond max_alerts")
    return told


def print_entities(console: Console, entities: Mapping[str, Any]) -> None:
    """Whom and what it is about."""
    for field, values in entities.items():
        shown = ", ".join(f"{visible(one['value'])} {one['alerts']:,}" for one in values[:MAX_VALUES])
        console.print(f"{field}: {shown}", markup=False)


def print_samples(console: Console, rules: Iterable[Mapping[str, Any]]) -> None:
    """The newest alert of each of some rules."""
    samples = [sample for one in rules for sample in one["samples"][:1]]
    for sample in samples[:MAX_SAMPLES]:
        words = (cell(sample, path) for path in ("@timestamp", "rule.name", "alert.reason"))
        console.print("  ".join(words), markup=False)


def day_of(date: str) -> str:
    """A date to the minute."""
    return date.replace("T", " ").removesuffix("Z")[:16]


def _length(seconds: int) -> str:
    sizes = ((86400, "d"), (3600, "h"), (60, "min"))
    return next((f"{seconds // size} {unit}" for size, unit in sizes if seconds >= size), f"{seconds} s")
