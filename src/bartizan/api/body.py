"""A large body of a request, in a file while it is worked on."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Request

from bartizan.api.route import Served
from bartizan.ingest.errors import SpoolUnavailable

CHUNK_BYTES = 1024 * 1024


@asynccontextmanager
async def received_body(serving: Served, request: Request) -> AsyncIterator[Path]:
    """The body in a file; it is dropped afterwards, and after a crash by the spool's next start."""
    handle, name = tempfile.mkstemp(suffix=".partial", dir=serving.services.incoming)
    path = Path(name)
    try:
        await _write(request, handle)
        yield path
    finally:
        path.unlink(missing_ok=True)


def described_body(description: str) -> dict[str, Any]:
    """Such a body in the API's description."""
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "description": description, "content": content}}


async def _write(request: Request, handle: int) -> None:
    try:
        with os.fdopen(handle, "wb", buffering=CHUNK_BYTES) as file:
            async for chunk in request.stream():
                file.write(chunk)
    except OSError as error:
        raise SpoolUnavailable(
            f"can't write: {error.strerror or error}", hint="make room, then send it again"
        ) from error
