"""How a job in the background is shown: each kind adds the result that is its own."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Path
from pydantic import BaseModel

from bartizan.api.background import Job, JobState
from bartizan.api.errors import Problem

JobId = Annotated[str, Path(max_length=100)]


class JobReport(BaseModel):
    """A job on its way."""

    id: str
    state: JobState
    created_at: datetime
    updated_at: datetime
    done: int
    """Steps that are done."""
    total: int | None
    """Steps there are; null while that is not known."""
    events: int
    """Events that were looked at."""
    error: Problem | None
    """Why it failed."""


Report = TypeVar("Report", bound=JobReport)


def report(shape: type[Report], job: Job, result: Any) -> Report:
    """The job as a client sees it; `result` is None until it is done."""
    told: dict[str, Any] = {
        "id": job.id,
        "state": job.state,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "done": job.done,
        "total": job.total,
        "events": job.items,
        "error": job.error,
        "result": result,
    }
    return shape(**told)
