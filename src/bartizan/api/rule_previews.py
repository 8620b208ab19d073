"""`/rules/preview`: what rules would have found over a past period, as a job: asked for, looked at, cancelled."""

import tempfile
from dataclasses import replace
from pathlib import Path as File
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bartizan.api.background import Job, Task
from bartizan.api.errors import BadParameter
from bartizan.api.job_report import JobId, JobReport, report
from bartizan.api.route import Route, Served, Serving
from bartizan.detect.errors import RuleError
from bartizan.detect.meaning import Knowledge
from bartizan.detect.preview.period import Period, read_period
from bartizan.detect.preview.result import Preview, finished
from bartizan.detect.preview.run import previewed
from bartizan.detect.preview.select import as_asked, selected
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator
from bartizan.detect.tuning import Tuned, Tuning

KIND = "preview"


class PreviewRequest(BaseModel):
    """Which rules, over which period."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=10_000)
    """Ids of rules."""
    tags: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=100)
    """Rules with one of these tags too."""
    all: bool = False
    """All rules."""
    files: list[str] = Field(default=[], max_length=1_000)
    """TOML of rules that need not be stored."""
    exceptions: bool = True
    """Whether the rules' exceptions, their own and shared ones, leave out what they leave out of running rules."""
    time_from: str = Field(default="now-30d", alias="from", max_length=100)
    """Date or date math of event time, included."""
    time_to: str = Field(default="now", alias="to", max_length=100)
    """Date or date math, excluded."""


class PreviewJob(JobReport):
    """A preview on its way."""

    result: Preview | None
    """Once it is done. Values in it are log content: data, never markup."""


async def start_preview(serving: Serving, asked: PreviewRequest) -> PreviewJob:
    """Preview rules over a past period."""
    tuned, period = await serving.threads.call(_understood, serving, asked)
    return _shown(serving.background.start(KIND, lambda task: _result(serving, tuned, period, task)))


async def preview(serving: Serving, id: JobId) -> PreviewJob:
    """Read how far a preview is, and its result."""
    return _shown(serving.background.get(id, KIND))


async def cancel_preview(serving: Serving, id: JobId) -> PreviewJob:
    """Cancel a preview."""
    return _shown(await serving.threads.call(serving.background.cancel, id, KIND))


def _understood(serving: Served, asked: PreviewRequest) -> tuple[Tuned, Period]:
    services = serving.services
    period = read_period(asked.time_from, asked.time_to, services.clock())
    added = loaded(serving, asked.files)
    rules = selected(services.rulebook, asked.rules, asked.tags, added, asked.all)
    if not rules:
        raise BadParameter("no rule is asked for", where="rules", hint="give `rules`, `tags`, `files` or `all`")
    return as_asked(rules, Tuning(services.state), services.clock(), not asked.exceptions), period


def loaded(serving: Served, texts: list[str]) -> list[Rule]:
    """The rules of files that came as text; the first that is wrong is told by its number."""
    if not texts:
        return []
    with tempfile.TemporaryDirectory(dir=serving.services.incoming) as folder:
        files = [File(folder) / f"{number:04d}.toml" for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_bytes(text.encode(errors="surrogatepass"))
        book = serving.services.rules_of(files)
        for problem in book.problems:
            number = next((at for at, file in enumerate(files) if str(file) in str(problem)), 0)
            raise RuleError(problem.message.replace(folder, ""), where=f"files[{number}]", hint=problem.hint)
    return list(book)


def _result(serving: Served, tuned: Tuned, period: Period, task: Task) -> Preview:
    services = serving.services
    budget = replace(services.limits.search, search=task.search)
    evaluator = Evaluator(services.engine, services.schema(), Knowledge(services.clock(), tuned.lists), budget)
    return finished(previewed(evaluator, tuned.rules, period, task.cancelled.is_set, tuned.off), task.progress)


def _shown(job: Job) -> PreviewJob:
    return report(PreviewJob, job, job.result)


ROUTES = (
    Route("POST", "/rules/preview", start_preview, PreviewJob, status=202),
    Route("GET", "/rules/preview/{id}", preview, PreviewJob),
    Route("DELETE", "/rules/preview/{id}", cancel_preview, PreviewJob),
)
