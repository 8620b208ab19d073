"""`/search`: a query in, the newest matching events as ECS documents out."""

import time
from datetime import datetime
from typing import Any

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from bartizan.api.errors import BadParameter
from bartizan.api.route import JsonResponse, Route, Served, Serving
from bartizan.query.dates import read_date
from bartizan.query.search import Search
from bartizan.query.search import search as run_search

MAX_LIMIT = 10_000
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


class SearchAnswer(BaseModel):
    """What was found."""

    shown: int
    """How many documents there are here; as many as `limit` means that there may be more."""
    took_ms: int
    documents: list[dict[str, Any]]
    """ECS documents, newest first. Their values are log content: data, never markup."""


async def search(serving: Serving, asked: SearchRequest) -> Response:
    """Search events."""
    return await serving.threads.search(_search, serving, asked)


def _search(serving: Served, asked: SearchRequest) -> Response:
    services = serving.services
    now = services.clock()
    started = time.monotonic()
    time_from, time_to = instant_of(asked.time_from, "from", now), instant_of(asked.time_to, "to", now)
    wanted = Search(asked.query, asked.language, asked.index, time_from, time_to, asked.limit)
    found = run_search(services.engine, services.schema(), wanted, now, services.limits.search_timeout_s)
    took_ms = round((time.monotonic() - started) * 1000)
    return JsonResponse(orjson.dumps({"shown": len(found), "took_ms": took_ms, "documents": found}))


def instant_of(text: str, name: str, now: datetime) -> datetime | None:
    """The start of what a date literal names; None for no text. Raises `BadParameter`."""
    if not text:
        return None
    named = read_date(text, now)
    if named is None:
        raise BadParameter(f"`{text}` is no date", where=name, hint="write 2026-11-24, 2026-11-24T10:00:00Z or now-7d")
    return named.start


ROUTES = (Route("POST", "/search", search, SearchAnswer),)
