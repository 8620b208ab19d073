"""`bartizan simulate`: logs of a fictional company in the AWS S3 layout, with an attack in them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bartizan.cli.output import Format, print_ndjson, stderr
from bartizan.cli.progress import bar
from bartizan.clock import system_clock
from bartizan.simulate import Scenario, Summary, write


def simulate(
    folder: Annotated[Path, typer.Argument(help="Where the logs go.")],
    events: Annotated[int, typer.Option("--events", help="CloudTrail events; the other logs follow in size.")] = 20_000,
    hours: Annotated[int, typer.Option("--hours", help="Hours of the company's life.")] = 24,
    seed: Annotated[int, typer.Option("--seed", help="The same seed and start write the same bytes.")] = 1,
    start: Annotated[
        str,
        typer.Option("--start", help="First hour, ISO 8601, UTC unless it says otherwise; else so that it ends now."),
    ] = "",
    attack: Annotated[bool, typer.Option("--attack/--no-attack", help="With an attack in them.")] = True,
    format: Annotated[Format, typer.Option("--format", help="How the summary is printed.")] = Format.TABLE,
) -> None:
    """Write CloudTrail, WAF, Network Firewall and VPC flow logs of a fictional company, as AWS lays them out in S3.

    Example: bartizan simulate logs/ --events 100000 --seed 7
    """
    begin = _begin(start) if start else present_start(system_clock(), hours)
    summary = write_scenario(scenario(begin, events, hours, seed, attack), folder)
    if format is Format.TABLE:
        print_summary(summary)
    else:
        print_ndjson([as_row(summary)])


def _begin(text: str) -> datetime:
    try:
        begin = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"`{text}` is no ISO 8601 time: write 2026-11-24 or 2026-11-24T10:00:00Z") from error
    return begin if begin.tzinfo else begin.replace(tzinfo=UTC)


def present_start(now: datetime, hours: int) -> datetime:
    """The start of a scenario that ends with the last full hour."""
    return datetime.fromtimestamp(now.timestamp() - hours * 3600, UTC)


def scenario(begin: datetime, events: int, hours: int, seed: int, attack: bool) -> Scenario:
    """A scenario whose other logs have the usual proportion to CloudTrail."""
    return Scenario(
        start=begin,
        seed=seed,
        hours=hours,
        cloudtrail_events=events,
        waf_events=events // 4,
        firewall_events=events // 4,
        flow_records=events,
        attack=attack,
    )


def write_scenario(planned: Scenario, folder: Path) -> Summary:
    """Write it with a progress bar."""
    with bar("simulate", planned.records) as (progress, task):
        return write(planned, folder, lambda records: progress.update(task, advance=records))


def print_summary(summary: Summary) -> None:
    """What was written, on stderr."""
    console = stderr()
    for dataset, records in summary.records.items():
        console.print(f"  {dataset}: {records:,} records", markup=False)
    console.print(f"{summary.files:,} objects, {summary.size_bytes / 1e6:.1f} MB, {len(summary.attack)} attack steps")


def as_row(summary: Summary) -> dict[str, object]:
    """The summary for programs, with the attack's steps."""
    steps = [
        {
            "time": step.time.isoformat(),
            "source": step.source,
            "event_name": step.event_name,
            "technique": step.technique,
            "events": step.events,
        }
        for step in summary.attack
    ]
    return {"records": summary.records, "objects": summary.files, "size_bytes": summary.size_bytes, "attack": steps}
