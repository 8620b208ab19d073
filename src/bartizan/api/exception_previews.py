"""`/exceptions/preview`: what an exception would hide, before it is saved, as a job; or what a stored one hides."""

from dataclasses import replace
from typing import Annotated

from pydantic import AwareDatetime, Field

from bartizan.api.background import Job, Task
from bartizan.api.documents import Asked
from bartizan.api.errors import BadParameter
from bartizan.api.exceptions import ConditionBody, System
from bartizan.api.job_report import JobId, JobReport, report
from bartizan.api.route import Route, Served, Serving
from bartizan.api.rule_previews import loaded
from bartizan.detect.exceptions import RuleException
from bartizan.detect.meaning import Knowledge
from bartizan.detect.preview.exceptions import hidden_by
from bartizan.detect.preview.hidden import HiddenPreview
from bartizan.detect.preview.period import Period, read_period
from bartizan.detect.preview.proposed import Proposed, Trials, trials_of
from bartizan.detect.preview.result import finished
from bartizan.detect.runner import Evaluator
from bartizan.detect.tuning import Tuning, exception_of
from bartizan.state.conditions import MAX_CONDITIONS, read_conditions
from bartizan.state.exceptions import MAX_RULES

KIND = "exception preview"


class ExceptionPreviewRequest(Asked):
    """Which exception, over which period. With `conditions` a new one, or the stored one `entry` with these instead;
    without, what is stored: `entry`, all of `exception_list`, or the own exceptions of the rules in `files`."""

    name: str = Field(default="this exception", min_length=1, max_length=200)
    conditions: list[ConditionBody] = Field(default=[], max_length=MAX_CONDITIONS)
    os: System | None = None
    """Only on hosts of this system; null is anywhere."""
    expires_at: AwareDatetime | None = None
    rules: list[Annotated[str, Field(max_length=200)]] | None = Field(default=None, max_length=MAX_RULES)
    """Ids of the rules it is for; null is those that use the list."""
    exception_list: str = Field(default="", max_length=100)
    """Id of the exception list that it is in, or will be."""
    entry: str = Field(default="", max_length=100)
    """Id of an exception of the list."""
    files: list[str] = Field(default=[], max_length=1_000)
    """TOML of rules that need not be stored, which it is for too."""
    time_from: str = Field(default="now-30d", alias="from", max_length=100)
    """Date or date math of event time, included."""
    time_to: str = Field(default="now", alias="to", max_length=100)
    """Date or date math, excluded."""


class ExceptionPreviewJob(JobReport):
    """A preview on its way."""

    result: HiddenPreview | None
    """Once it is done. Values in it are log content: data, never markup."""


async def start_exception_preview(serving: Serving, asked: ExceptionPreviewRequest) -> ExceptionPreviewJob:
    """Tell what an exception would hide over a past period."""
    trials, period = await serving.threads.call(_understood, serving, asked)
    return _shown(serving.background.start(KIND, lambda task: _result(serving, trials, period, task)))


async def exception_preview(serving: Serving, id: JobId) -> ExceptionPreviewJob:
    """Read how far such a preview is, and its result."""
    return _shown(serving.background.get(id, KIND))


async def cancel_exception_preview(serving: Serving, id: JobId) -> ExceptionPreviewJob:
    """Cancel such a preview."""
    return _shown(await serving.threads.call(serving.background.cancel, id, KIND))


def _understood(serving: Served, asked: ExceptionPreviewRequest) -> tuple[Trials, Period]:
    services = serving.services
    now = services.clock()
    if asked.entry and not asked.exception_list:
        raise BadParameter("an exception is named together with its list", where="exception_list")
    period = read_period(asked.time_from, asked.time_to, now)
    rules = None if asked.rules is None else tuple(asked.rules)
    added = tuple(loaded(serving, asked.files))
    proposed = Proposed(_exceptions(asked), rules, asked.exception_list, asked.entry, added)
    return trials_of(proposed, services.rulebook, Tuning(services.state), now), period


def _exceptions(asked: ExceptionPreviewRequest) -> tuple[RuleException, ...]:
    if not asked.conditions:
        return ()
    conditions = read_conditions([one.model_dump() for one in asked.conditions])
    return (exception_of(asked.name, conditions, asked.os, asked.expires_at),)


def _result(serving: Served, trials: Trials, period: Period, task: Task) -> HiddenPreview:
    services = serving.services
    budget = replace(services.limits.search, search=task.search)
    evaluator = Evaluator(services.engine, services.schema(), Knowledge(services.clock(), trials.lists), budget)
    return finished(hidden_by(evaluator, trials, period, task.cancelled.is_set), task.progress)


def _shown(job: Job) -> ExceptionPreviewJob:
    return report(ExceptionPreviewJob, job, job.result)


ROUTES = (
    Route("POST", "/exceptions/preview", start_exception_preview, ExceptionPreviewJob, status=202),
    Route("GET", "/exceptions/preview/{id}", exception_preview, ExceptionPreviewJob),
    Route("DELETE", "/exceptions/preview/{id}", cancel_exception_preview, ExceptionPreviewJob),
)
