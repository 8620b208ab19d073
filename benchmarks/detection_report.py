"""The part of the page about detection: many rules of every type, look-ups, and the time from an event to its alert."""

from typing import Any

from benchmarks.measure import Run


def rules_lines(run: Run) -> list[str]:
    """Hundreds of rules over stored events."""
    told = run.result
    first, *again = told["together"]
    best = min(again, key=lambda one: float(one["wall_s"]))
    alone = told["one_by_one"]
    types = ", ".join(f"{count} {name}" for name, count in sorted(told["types"].items()))
    return [
        f"## {told['rules']} rules over {told['events']:,} CloudTrail events",
        "",
        f"{types}. Rules whose streams don't exist cost their plan alone.",
        "",
        "| way | seconds | CPU seconds |",
        "|---|---|---|",
        f"| planning all rules, once | {first['plan_s']:.2f} | |",
        f"| **together, planned** | **{best['wall_s']:.2f}** | {best['cpu_s']:.2f} |",
        f"| together, first run | {first['wall_s']:.2f} | {first['cpu_s']:.2f} |",
        f"| one by one | {alone['wall_s']:.2f} | {alone['cpu_s']:.2f} |",
        "",
        f"Together it is {alone['wall_s'] / best['wall_s']:.1f} times as fast. {best['failures']} rules failed. "
        f"Peak memory {told['peak_mb'] / 1024:.2f} GB, with the ingest of the events.",
        "",
    ]


def lookup_lines(run: Run) -> list[str]:
    """Indicators and new terms."""
    told = run.result
    return [
        f"## A million indicators, a million values: {told['events']:,} events",
        "",
        "| what | seconds | CPU seconds | found |",
        "|---|---|---|---|",
        _row("all events against all indicators", told["indicators"]),
        _row("10,000 new events against all indicators", told["indicators_batch"]),
        _row("new terms among all events", told["new_terms"]),
        _row("new terms among 10,000 new events, a million events known", told["new_terms_batch"]),
        "",
        f"Peak memory {told['peak_mb'] / 1024:.2f} GB.",
        "",
    ]


def latency_lines(run: Run) -> list[str]:
    """From an event to its alert."""
    told = run.result
    percentiles = ", ".join(f"p{part} {told[f'p{part}_s']:.2f} s" for part in (50, 95, 99))
    return [
        f"## From an event to its alert: {told['rate']:,} events a second, {told['rules']} rules",
        "",
        f"{percentiles} over {told['alerts']} alerts,",
        f"from before an object is sent until the API shows it; {told['missing']} never came, {told['failing']} rules",
        "failed. Sender and server share the machine.",
        "",
    ]


def _row(what: str, figures: dict[str, Any]) -> str:
    return f"| {what} | {figures['wall_s']:.2f} | {figures['cpu_s']:.2f} | {figures['hits']:,} |"
