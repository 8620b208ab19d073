"""`/jobs`: long work: how far it is, what came of it, and how it is stopped. Jobs are made by what needs them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from bartizan.api.documents import Answer, Id, Paging
from bartizan.api.route import Route, Serving
from bartizan.state.jobs import JobState


class JobsQuery(Paging):
    """Which jobs."""

    kind: str | None = Field(default=None, max_length=200)
    """What they do."""
    state: JobState | None = None


class JobAnswer(Answer):
    """A job."""

    id: str
    kind: str
    """What it does."""
    parameters: dict[str, Any]
    """What it was asked for with."""
    state: JobState
    done: int
    """Units of work done, in the job's own measure."""
    total: int | None
    """Units in all; null while it is not known."""
    result: Any
    """What it came to."""
    error: str
    """Why it failed."""
    asked_to_cancel: bool
    """It will stop at its next step."""
    created_at: datetime
    created_by: str
    updated_at: datetime


class JobsAnswer(Answer):
    """Jobs, newest first."""

    jobs: list[JobAnswer]
    total: int
    """How many there are on all pages."""


async def jobs(serving: Serving, asked: Annotated[JobsQuery, Query()]) -> JobsAnswer:
    """List jobs."""
    store = serving.services.state.jobs
    found = await serving.threads.call(store.find, asked.kind, asked.state, asked.limit, asked.offset)
    return JobsAnswer.model_validate(found)


async def job(serving: Serving, id: Id) -> JobAnswer:
    """Read one job."""
    return JobAnswer.model_validate(await serving.threads.call(serving.services.state.jobs.get, id))


async def cancel_job(serving: Serving, id: Id) -> JobAnswer:
    """Ask a job to stop.

    One that waits is cancelled at once, one that runs stops at its next step, one that ended stays as it is.
    """
    return JobAnswer.model_validate(await serving.threads.call(serving.services.state.jobs.cancel, id))


ROUTES = (
    Route("GET", "/jobs", jobs, JobsAnswer),
    Route("GET", "/jobs/{id}", job, JobAnswer),
    Route("DELETE", "/jobs/{id}", cancel_job, JobAnswer),
)
