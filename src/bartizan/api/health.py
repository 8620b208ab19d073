"""`/health`: whether the engine answers and the worker works, what waits, what arrived last, which rules run."""

from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal

from fastapi import Response
from pydantic import BaseModel

from bartizan import __version__
from bartizan.api.reception import backlog_bytes
from bartizan.api.route import Route, Served, Serving
from bartizan.errors import BartizanError


class StreamHealth(BaseModel):
    """A data stream."""

    stream: str
    last_ingested: str | None
    """When its newest event was taken in; null for an empty one."""


class SpoolHealth(BaseModel):
    """What is acknowledged and waits to be loaded."""

    segments: int
    size_bytes: int
    stuck: int
    """Segments that the engine refuses; they stay on disk."""


class RulesHealth(BaseModel):
    """The rules."""

    loaded: int
    failed: int
    """Rules whose file is not valid."""
    failing: dict[str, str]
    """Rules that could not run the last time, with the reason."""


class WorkerHealth(BaseModel):
    """The background worker since the start."""

    alive: bool
    loaded_records: int
    failed_records: int
    alerts: int
    detected_at: str | None
    errors: list[str]
    """Why loading or detection pauses."""


class ServerHealth(BaseModel):
    """A server that keeps the store with others."""

    id: str
    stored_until: datetime
    """It will store nothing any more that arrived before: the rules of all servers wait for the earliest."""
    detecting: bool
    """Whether it runs rules."""


class Health(BaseModel):
    """`ok`; `degraded` when something needs a look; `down` (status 503) when nothing can be stored or searched."""

    status: Literal["ok", "degraded", "down"]
    version: str
    engine: str
    """`ok`, or why it doesn't answer."""
    state: str
    """Of the control-plane database: `ok`, or why it doesn't answer."""
    spool: SpoolHealth
    rules: RulesHealth
    worker: WorkerHealth
    servers: list[ServerHealth]
    """Who is furthest behind first; empty where the store is one process' alone."""
    streams: list[StreamHealth]


async def health(serving: Serving, response: Response) -> Health:
    """How the server is."""
    found = await serving.threads.call(_health, serving)
    if found.status == "down":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return found


def _health(serving: Served) -> Health:
    try:
        streams, engine = _streams(serving), "ok"
    except BartizanError as error:
        streams, engine = [], error.message
    state = _state(serving)
    worker, spool, rules = _worker(serving), _spool(serving), _rules(serving)
    is_whole = state == "ok" and not (worker.errors or spool.stuck or rules.failed or rules.failing)
    return Health(
        status="down" if engine != "ok" or not worker.alive else "ok" if is_whole else "degraded",
        version=__version__,
        engine=engine,
        state=state,
        spool=spool,
        rules=rules,
        worker=worker,
        servers=_servers(serving) if state == "ok" else [],
        streams=streams,
    )


def _state(serving: Served) -> str:
    try:
        serving.services.state.database.check()
    except BartizanError as error:
        return error.message
    return "ok"


def _servers(serving: Served) -> list[ServerHealth]:
    return [
        ServerHealth(
            id=one.id,
            stored_until=datetime.fromtimestamp(one.mark_ms / 1000, UTC),
            detecting=one.is_detecting,
        )
        for one in serving.services.state.servers.standings()
    ]


def _streams(serving: Served) -> list[StreamHealth]:
    ledger = serving.services.detection.ledger
    return [
        StreamHealth(stream=stream, last_ingested=_iso(ledger.last_ingested(stream)))
        for stream in serving.services.schema().streams
    ]


def _iso(stored: str | None) -> str | None:
    return f"{stored.replace(' ', 'T')}Z" if stored else None


def _spool(serving: Served) -> SpoolHealth:
    intake = serving.services.intake
    segments = sum(1 for _ in intake.spool.pending())
    return SpoolHealth(segments=segments, size_bytes=backlog_bytes(intake), stuck=len(serving.worker.state.stuck))


def _rules(serving: Served) -> RulesHealth:
    services = serving.services
    with suppress(BartizanError):  # then it is told as the state's own fault, and what was read last stands
        services.detection.outcomes.read()
    rulebook = services.rulebook
    return RulesHealth(loaded=len(rulebook), failed=len(rulebook.problems), failing=services.detection.failing())


def _worker(serving: Served) -> WorkerHealth:
    state = serving.worker.state
    return WorkerHealth(
        alive=serving.worker.is_alive,
        loaded_records=state.loaded_records,
        failed_records=state.failed_records,
        alerts=state.alerts,
        detected_at=state.detected_at.isoformat() if state.detected_at else None,
        errors=[error for error in (state.load_error, state.detection_error) if error],
    )


ROUTES = (Route("GET", "/health", health, Health),)
