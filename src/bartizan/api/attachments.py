"""`/cases/{id}/attachments`: files that belong to a case. They are handed out to be saved, never to be shown."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, BinaryIO
from urllib.parse import quote

from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from bartizan.api.actor import Acting
from bartizan.api.body import CHUNK_BYTES, described_body, received_body
from bartizan.api.documents import Answer, Asked, Id, Removed
from bartizan.api.route import Route, Serving

PATH = "/cases/{id}/attachments"
CONTENT_TYPE = "application/octet-stream"


class AttachmentQuery(Asked):
    """What the file is called."""

    name: str = Field(min_length=1, max_length=1000)
    """Only its last part is kept, without what any system gives a meaning."""


class AttachmentAnswer(Answer):
    """An attachment."""

    id: str
    name: str
    """A safe file name."""
    size_bytes: int
    sha256: str
    at: datetime
    by: str


class AttachmentsAnswer(Answer):
    """A case's attachments, in the order they were added."""

    attachments: list[AttachmentAnswer]


async def attachments(serving: Serving, id: Id) -> AttachmentsAnswer:
    """Read which attachments a case has."""
    found = await serving.threads.call(serving.services.casework.attachments.all, id)
    return AttachmentsAnswer(attachments=[AttachmentAnswer.model_validate(one) for one in found])


async def add_attachment(
    serving: Serving, acting: Acting, id: Id, request: Request, asked: Annotated[AttachmentQuery, Query()]
) -> AttachmentAnswer:
    """Add an attachment to a case."""
    store = serving.services.casework.attachments
    async with received_body(serving, request) as body:
        added = await serving.threads.receive(store.add, id, asked.name, body, acting)
    return AttachmentAnswer.model_validate(added)


async def download_attachment(serving: Serving, id: Id, attachment: Id) -> StreamingResponse:
    """Download an attachment."""
    found, content = await serving.threads.call(serving.services.casework.attachments.open, id, attachment)
    headers = {
        "Content-Disposition": disposition(found.name),
        "Content-Length": str(found.size_bytes),
    }
    return StreamingResponse(_chunks(content), headers=headers, media_type=CONTENT_TYPE)


async def remove_attachment(serving: Serving, acting: Acting, id: Id, attachment: Id) -> Removed:
    """Remove an attachment and its file."""
    await serving.threads.call(serving.services.casework.attachments.delete, id, attachment, acting)
    return Removed(id=attachment)


def disposition(name: str) -> str:
    """To be saved under this name (RFC 6266, with the encoding of RFC 8187)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk


_CONTENT = {
    "responses": {
        "200": {
            "description": "The file's content, to be saved.",
            "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}

ROUTES = (
    Route("GET", PATH, attachments, AttachmentsAnswer),
    Route("POST", PATH, add_attachment, AttachmentAnswer, described_body("The file's content.")),
    Route("GET", PATH + "/{attachment}", download_attachment, StreamingResponse, _CONTENT),
    Route("DELETE", PATH + "/{attachment}", remove_attachment, Removed),
)
