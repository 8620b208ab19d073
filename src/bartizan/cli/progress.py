"""Long work on stderr: what is done, at what rate, how long it will take; silent where nobody watches."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bartizan.cli.output import stderr, visible
from bartizan.errors import BartizanError
from bartizan.ingest.loader import Loaded
from bartizan.pipeline.intake import Told

MAX_SHOWN = 20
"""Problems that are shown one by one; the rest is counted."""


@dataclass(slots=True)
class Tally:
    """What an ingest came to."""

    objects: int = 0
    known: int = 0
    records: int = 0
    failed_records: int = 0
    failed_objects: int = 0
    by_stream: dict[str, int] = field(default_factory=dict)
    empty: int = 0
    problems: list[str] = field(default_factory=list)
    unshown: int = 0
    """Problems beyond the first `MAX_SHOWN`."""

    def add(self, told: Told) -> None:
        """Count one thing that happened."""
        self.objects += told.read is not None
        self.known += bool(told.known)
        if told.empty:
            self.empty += 1
            self._problem(str(told.empty))
        if told.failed:
            self._fail(told.failed)
        if told.loaded:
            self._load(told.loaded)

    def summary(self) -> dict[str, object]:
        """As one row."""
        return {
            "objects": self.objects,
            "already_stored": self.known,
            "records": self.records,
            "failed_records": self.failed_records,
            "failed_objects": self.failed_objects,
            "empty_objects": self.empty,
            "streams": self.by_stream,
            "problems": self.problems,
        }

    def _fail(self, error: BartizanError) -> None:
        self.failed_objects += 1
        self._problem(str(error))

    def _load(self, loaded: Loaded) -> None:
        self.records += loaded.records
        self.failed_records += loaded.failed
        self.by_stream[loaded.stream] = self.by_stream.get(loaded.stream, 0) + loaded.records
        for problem in loaded.problems:
            self._problem(f"{problem.path}: {problem.reason}")

    def _problem(self, text: str) -> None:
        if len(self.problems) < MAX_SHOWN:
            self.problems.append(text)
        else:
            self.unshown += 1


@contextmanager
def bar(what: str, total: int | None) -> Iterator[tuple[Progress, TaskID]]:
    """A progress bar on stderr; nothing is drawn when stderr is no terminal."""
    console = stderr()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress, progress.add_task(what, total=total, note="")


def print_summary(tally: Tally, seconds: float) -> None:
    """What came of an ingest, on stderr, for people."""
    console = stderr()
    rate = tally.records / seconds if seconds else 0
    console.print(
        f"{tally.records:,} records of {tally.objects:,} objects stored in {seconds:.1f} s ({rate:,.0f}/s)"
        + (f", {tally.known:,} objects were stored before" if tally.known else "")
    )
    for stream, records in sorted(tally.by_stream.items()):
        console.print(f"  {stream}: {records:,}", markup=False)
    if tally.failed_records or tally.failed_objects:
        console.print(
            f"{tally.failed_records:,} records were not understood (kept, `event.kind: pipeline_error` finds them), "
            f"{tally.failed_objects:,} objects could not be read to their end"
        )
    for problem in tally.problems:
        console.print(f"  {visible(problem)}", markup=False)
    if tally.unshown:
        console.print(f"  and {tally.unshown:,} more")
