"""`/search`: a query in, the newest matching events as ECS documents out."""

import asyncio
import time
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from bartizan.alerts.building_blocks import without_building_blocks
from bartizan.api.errors import BadParameter, NotFound
from bartizan.api.route import JsonResponse, Route, Served, Serving
from bartizan.query.cancel import cancel
from bartizan.query.dates import read_date
from bartizan.query.search import Search, explain_search
from bartizan.query.search import search as run_search

MAX_LIMIT = 10_000
POLL_S = 0.5
"""How often a search looks whether its client is still there, in seconds."""
_NOTHING = {"groups": None, "table": None, "rows_read": 0, "bytes_read": 0, "elapsed_ms": 0.0, "explanation": None}
MAX_QUERY_CHARACTERS = 200_000


class SearchRequest(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(max_length=MAX_QUERY_CHARACTERS)
    """`*` or nothing is everything."""
    language: str = Field(default="kql", max_length=20)
    index: list[str] = Field(default=["logs-*"], max_length=100)
    """Index patterns."""
    time_from: str = Field(default="", alias="from", max_length=100)
    """Date or date math (`now-7d`), included."""
    time_to: str = Field(default="", alias="to", max_length=100)
    """Date or date math, excluded."""
    limit: int = Field(default=100, ge=0, le=MAX_LIMIT)
    parameters: list[Any] | dict[str, Any] = Field(default=[], max_length=100)
    """Values of an ES|QL query's `?1` or `?name`."""
    building_blocks: bool = False
    """Whether alerts that are there for other rules alone are found too."""
    id: str = Field(default="", max_length=100)
    """A name for this search, to cancel it by; a search whose client hangs up is cancelled too."""
    explain: bool = False
    """Tell how the query is understood instead of running it."""


class BoundParameter(BaseModel):
    """A value that the SQL names."""

    type: str
    """ClickHouse type."""
    value: Any


class QueryExplanation(BaseModel):
    """How a query is understood, stage by stage."""

    ast: str
    """What was read: an indented tree."""
    ir: str
    """What it means, whatever the language."""
    sql: str
    """The statement, with `{name:Type}` for what is bound."""
    parameters: dict[str, BoundParameter]
    """What is bound, by name."""
    plan: str
    """ClickHouse's plan."""


class EventGroup(BaseModel):
    """A sequence or sample that was found."""

    keys: list[str | None]
    """The values that its events share."""
    events: list[dict[str, Any]]
    """ECS documents, in the order of the query's steps."""


class AnswerColumn(BaseModel):
    """A column of a table."""

    name: str
    type: str
    """ES|QL's name of it."""


class AnswerTable(BaseModel):
    """What a query in ES|QL gives."""

    columns: list[AnswerColumn]
    rows: list[list[Any]]
    """Values in the order of the columns; several values of a column are a list, none are null."""


class SearchAnswer(BaseModel):
    """What was found."""

    shown: int
    """How many documents or groups there are here; as many as `limit` means that there may be more."""
    took_ms: int
    """Milliseconds from the request to the answer."""
    sql: str
    """The statement that was run."""
    rows_read: int
    """Rows that the engine read."""
    bytes_read: int
    """Bytes of them, as they are in memory."""
    elapsed_ms: float
    """Milliseconds in the engine."""
    documents: list[dict[str, Any]]
    """ECS documents, newest first. Their values are log content: data, never markup."""
    groups: list[EventGroup] | None
    """Sequences or samples, oldest first, where the query asks for them; there are no documents then."""
    table: AnswerTable | None
    """Columns and rows of a query in ES|QL; `documents` are the rows as events if it asks for `_id`."""
    explanation: QueryExplanation | None
    """Only if the request says `explain`; nothing was run then."""


class Cancelled(BaseModel):
    """A search that was told to end; who waits for it is told `SearchCancelled`."""

    id: str


async def search(serving: Serving, asked: SearchRequest, request: Request) -> Response:
    """Search events."""
    with serving.searches.named(asked.id) as id:
        running = asyncio.ensure_future(serving.threads.search(_search, serving, asked, id))
        while not (await asyncio.wait([running], timeout=POLL_S))[0]:
            if await request.is_disconnected():
                await serving.threads.call(cancel, serving.services.engine, id)
        return running.result()


async def cancel_search(serving: Serving, id: Annotated[str, Path(max_length=100)]) -> Cancelled:
    """Cancel a search that runs."""
    found = serving.searches.of(id)
    if found is None:
        raise NotFound("no search by this id is running", where="id")
    await serving.threads.call(cancel, serving.services.engine, found)
    return Cancelled(id=id)


def _search(serving: Served, asked: SearchRequest, id: str) -> Response:
    services = serving.services
    now = services.clock()
    started = time.monotonic()
    schema = services.schema()
    time_from, time_to = instant_of(asked.time_from, "from", now), instant_of(asked.time_to, "to", now)
    wanted = Search(
        *(asked.query, asked.language, asked.index, time_from, time_to, asked.limit),
        parameters=asked.parameters,
        lookups=services.lookups,
        within={} if asked.building_blocks else without_building_blocks(schema),
    )
    engine = services.engine
    answer: dict[str, Any] = {**_NOTHING, "documents": []}
    if asked.explain:
        explained = explain_search(engine, schema, wanted, now)
        answer |= {"sql": explained.sql, "explanation": asdict(explained)}
    else:
        answer |= asdict(run_search(engine, schema, wanted, now, replace(services.limits.search, search=id)))
    took_ms = round((time.monotonic() - started) * 1000)
    return JsonResponse(orjson.dumps({"shown": _shown(answer), "took_ms": took_ms, **answer}))


def _shown(answer: dict[str, Any]) -> int:
    return len(answer["table"]["rows"] if answer["table"] else answer["groups"] or answer["documents"])


def instant_of(text: str, name: str, now: datetime) -> datetime | None:
    """The start of what a date literal names; None for no text. Raises `BadParameter`."""
    if not text:
        return None
    named = read_date(text, now)
    if named is None:
        raise BadParameter(f"`{text}` is no date", where=name, hint="write 2026-11-24, 2026-11-24T10:00:00Z or now-7d")
    return named.start


ROUTES = (
    Route("POST", "/search", search, SearchAnswer),
    Route("DELETE", "/searches/{id}", cancel_search, Cancelled),
)
