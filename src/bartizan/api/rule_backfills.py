"""`/rules/backfill`: rules over events they have missed, or once more over all: a job that leaves time for ingest."""

import time
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bartizan.api.background import Job, Task
from bartizan.api.job_report import JobId, JobReport, report
from bartizan.api.route import Route, Served, Serving
from bartizan.detect.backfill import BackfillProgress, read_bounds
from bartizan.detect.preview.select import selected
from bartizan.detect.ranges import Range
from bartizan.detect.rule import Rule
from bartizan.pipeline.backfill import Store, backfill
from bartizan.pipeline.detection import Detected
from bartizan.query.budget import SearchCancelled

KIND = "backfill"


class BackfillRequest(BaseModel):
    """Which rules, over which events."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=10_000)
    """Ids of rules; none means all."""
    time_from: str = Field(default="", alias="from", max_length=100)
    """Date or date math: events that arrived from then on; empty for all."""
    time_to: str = Field(default="", alias="to", max_length=100)
    """Events that arrived before."""
    again: bool = False
    """Over what the rules have seen too, for rules that have changed; only new alerts are added."""
    share: float = Field(default=0.5, ge=0.05, le=1)
    """Part of the time that it works; the rest is left to ingest and to the rules' own runs."""


class BackfillResult(BaseModel):
    """What a back-fill has come to."""

    alerts: int
    """New alerts."""
    cut: int
    """Alerts that `max_alerts` cut off."""
    failed: dict[str, str]
    """Rules that could not be evaluated over all of it, with the last reason; what they have not seen stays a gap."""


class BackfillJob(JobReport):
    """A back-fill on its way; its steps are slices of the events, done when they are stored. One that is cancelled, or
    dies with the server, leaves the rest as gaps."""

    result: BackfillResult | None


async def start_backfill(serving: Serving, asked: BackfillRequest) -> BackfillJob:
    """Evaluate rules over what they have missed."""
    services = serving.services
    bounds = read_bounds(asked.time_from, asked.time_to, services.clock())
    rules = selected(services.rulebook, asked.rules, has_all=not asked.rules)
    work = partial(_result, serving, rules, bounds, asked.again, asked.share)
    return _shown(serving.background.start(KIND, work, most=1))


async def backfill_job(serving: Serving, id: JobId) -> BackfillJob:
    """Read how far a back-fill is."""
    return _shown(serving.background.get(id, KIND))


async def cancel_backfill(serving: Serving, id: JobId) -> BackfillJob:
    """Cancel a back-fill."""
    return _shown(await serving.threads.call(serving.background.cancel, id, KIND))


def pause_s(worked_s: float, share: float) -> float:
    """Seconds to rest after so many of work, for work to be `share` of the time."""
    return worked_s * (1 - share) / share


def _result(
    serving: Served, rules: list[Rule], bounds: Range, again: bool, share: float, task: Task
) -> BackfillProgress:
    def storing(store: Store) -> list[Detected]:
        return serving.worker.do(store).result()

    told = BackfillProgress(0, 0, 0, 0, 0, {})
    started_s = time.monotonic()
    for told in backfill(serving.services.detection, rules, bounds, again, storing, task.search):
        task.progress(told.done, told.total, told.events)
        rest_s = pause_s(time.monotonic() - started_s, share) if told.done < told.total else 0
        if task.cancelled.wait(rest_s):
            raise SearchCancelled("the back-fill was cancelled")
        started_s = time.monotonic()
    return told


def _shown(job: Job) -> BackfillJob:
    told: BackfillProgress | None = job.result
    result = None if told is None else BackfillResult(alerts=told.alerts, cut=told.cut, failed=dict(told.failed))
    return report(BackfillJob, job, result)


ROUTES = (
    Route("POST", "/rules/backfill", start_backfill, BackfillJob, status=202),
    Route("GET", "/rules/backfill/{id}", backfill_job, BackfillJob),
    Route("DELETE", "/rules/backfill/{id}", cancel_backfill, BackfillJob),
)
