"""How the outcomes of many checked rules are told: what isn't `ok` for people, everything for programs, a summary."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from bartizan.cli.output import Format, print_rows, stderr

OUTCOMES = ("ok", "note", "failed")


def tell_outcomes(found: Sequence[Mapping[str, Any]], columns: Sequence[str], files: int, format: Format) -> typer.Exit:
    """Print rows with an `outcome` each, and give how to end: 1 if some failed."""
    shown = [row for row in found if format is not Format.TABLE or row["outcome"] != "ok"]
    if shown or format is not Format.TABLE:
        print_rows(shown, columns, format)
    counts = Counter(row["outcome"] for row in found)
    total = max(len(found), 1)
    parts = [f"{counts[outcome]:,} {outcome} ({100 * counts[outcome] / total:.1f} %)" for outcome in OUTCOMES]
    stderr().print(f"{len(found):,} rules in {files:,} files: {', '.join(parts)}")
    return typer.Exit(1 if counts["failed"] else 0)
