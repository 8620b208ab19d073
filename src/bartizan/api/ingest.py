"""`/ingest`: objects of log records, as files would hold them, onto the disk; the worker loads them."""

import asyncio
from collections import Counter
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from bartizan.api.batch import CONTENT_TYPE as BATCH_TYPE
from bartizan.api.batch import batch
from bartizan.api.body import received_body
from bartizan.api.errors import Problem, problem_of
from bartizan.api.reception import Reception, Taken
from bartizan.api.route import Route, Served, Serving
from bartizan.ingest.errors import NoRecords
from bartizan.ingest.loader import Loaded
from bartizan.ingest.objects import Reading
from bartizan.pipeline.intake import Source

PATH = "/ingest"


class IngestQuery(BaseModel):
    """How to take an object."""

    model_config = ConfigDict(extra="forbid")

    dataset: str = Field(default="", max_length=100)
    """Its dataset, `aws.cloudtrail`; else told by content."""
    name: str = Field(default="", max_length=1024)
    """What people call it: a key, a path. It is kept with the events and never opened."""
    wait: bool = False
    """Answer when its records are stored and searchable."""


class Stored(BaseModel):
    """What came of records in one segment of a stream."""

    stream: str
    records: int
    failed: int
    """Records not understood: they are kept, `event.kind: pipeline_error` finds them."""
    problems: list[str]
    """The first reasons."""


class Object(BaseModel):
    """What came of an object."""

    name: str
    is_known: bool
    """All of it was stored before, or waits to be."""
    error: Problem | None
    """Where reading ended early; what came before the fault is acknowledged, the same object would fail again."""


class Ingested(BaseModel):
    """The objects are acknowledged: they survive a crash and will be stored exactly once."""

    size_bytes: int
    """Bytes as they came."""
    objects: list[Object]
    spooled: dict[str, int]
    """Segments that hold their records, by stream."""
    stored: list[Stored] | None = None
    """With `wait=true`; null when the wait was too short (the load goes on)."""


async def ingest(serving: Serving, request: Request, asked: Annotated[IngestQuery, Query()]) -> Ingested:
    """Store objects of log records.

    The body is what a file would hold: JSON lines, `{"Records": [...]}`, text lines, plain or compressed
    (gzip, zstd, bzip2, zip); with `Content-Type: application/x-tar` an archive of such files, which are
    stored far faster together than one by one. Sending the same object again adds nothing.
    """
    reading = _reading(serving, asked.dataset)
    is_batch = request.headers.get("content-type", "").partition(";")[0].strip().lower() == BATCH_TYPE
    async with received_body(serving, request) as body:
        size_bytes = body.stat().st_size
        name = None if is_batch else asked.name or "api"
        reception = await serving.threads.receive(_received, serving, body, name, reading)
    answer = _acknowledged(reception, size_bytes)
    if asked.wait:
        answer.stored = await _stored(reception.outcomes, serving.services.limits.stored_timeout_s)
    return answer


def _received(serving: Served, body: Path, name: str | None, reading: Reading) -> Reception:
    """Take in one object by its name, or without a name an archive of them."""
    if name is not None:
        source = Source(name, body.stat().st_size, lambda: body.open("rb"))
        return serving.receiver.receive([source], reading)
    with batch(body) as sources:
        return serving.receiver.receive(sources, reading)


def _reading(serving: Served, dataset: str) -> Reading:
    reading = serving.services.reading(dataset or None)
    unfolded = min(reading.bounds.max_object_bytes, serving.services.limits.max_unfolded_bytes)
    return replace(reading, bounds=replace(reading.bounds, max_object_bytes=unfolded))


def _acknowledged(reception: Reception, size_bytes: int) -> Ingested:
    """Raises what is wrong with an object that came alone and of which nothing could be kept."""
    failed = reception.taken[0].failed if len(reception.taken) == 1 else None
    if failed and not reception.segments and not isinstance(failed, NoRecords):
        raise failed
    return Ingested(
        size_bytes=size_bytes,
        objects=[_object(taken) for taken in reception.taken],
        spooled=Counter(segment.stream for segment in reception.segments),
    )


def _object(taken: Taken) -> Object:
    return Object(name=taken.name, is_known=taken.is_known, error=problem_of(taken.failed) if taken.failed else None)


async def _stored(outcomes: tuple[Future[Loaded], ...], timeout_s: float) -> list[Stored] | None:
    """What the loads came to. Raises the error of one that failed: the object stays in the spool or is set aside."""
    futures = [asyncio.wrap_future(outcome) for outcome in outcomes]
    if futures and (await asyncio.wait(futures, timeout=timeout_s))[1]:
        return None
    return [_one(future.result()) for future in futures]


def _one(loaded: Loaded) -> Stored:
    problems = [f"{problem.path}: {problem.reason}" for problem in loaded.problems]
    return Stored(stream=loaded.stream, records=loaded.records, failed=loaded.failed, problems=problems)


_BODY = {
    "requestBody": {
        "required": True,
        "description": "An object of log records, plain or compressed, or a tar archive of objects.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("application/octet-stream", BATCH_TYPE)
        },
    }
}

ROUTES = (Route("POST", PATH, ingest, Ingested, _BODY),)
