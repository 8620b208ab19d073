"""What stands before every handler: host, key, origin, content type and size of a request are checked; no answer leaves
without its security headers, and an unforeseen error becomes a plain 500."""

import asyncio
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bartizan.api.access import Access
from bartizan.api.errors import Problem, failure
from bartizan.api.logs import key_values
from bartizan.api.services import Limits

log = logging.getLogger(__name__)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

FORM_TYPES = frozenset({"", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"})
"""What a foreign page can send without asking first (fetch.spec.whatwg.org, CORS-safelisted request-header)."""

_CLOSE = {"Connection": "close"}
"""Sent where a body was not read to its end, so that what follows in it is never taken for a request."""


DRAINED_BYTES = 64 * 1024 * 1024
DRAIN_S = 2.0
"""Bytes and seconds of a refused request's body that are read: who is still sending sees no answer, only a reset."""


async def _drained(receive: Receive) -> None:
    """Read what is left of a body, within bounds."""
    seen = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            while seen < DRAINED_BYTES:
                message = await receive()
                seen += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return


class Guard:
    """ASGI middleware. `objects` are the paths where bodies of any type may be sent, and how many bytes of them."""

    def __init__(self, app: ASGIApp, access: Access, limits: Limits, objects: Mapping[re.Pattern[str], int]) -> None:
        self._app = app
        self._access = access
        self._limits = limits
        self._objects = objects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        try:
            if refusal := self._refusal(scope, Headers(scope=scope)):
                status, problem, headers = refusal
                await _drained(receive)
                await failure(status, problem, headers)(scope, receive, sending)
            else:
                await self._app(scope, self._bounded(scope, receive), sending)
        except ClientDisconnect:
            log.info(key_values("client_gone", method=scope["method"], path=scope["path"]))
        except Exception:
            log.exception(key_values("request_failed", method=scope["method"], path=scope["path"]))
            if started:
                raise
            problem = Problem(type="InternalError", message="the server failed; its log says how")
            await failure(HTTPStatus.INTERNAL_SERVER_ERROR, problem, _CLOSE)(scope, receive, sending)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, Problem, dict[str, str]] | None:
        """Why a request is not let in; cheap checks on its head only."""
        host = headers.get("host", "")
        if not self._access.answers_to(host):
            return _refused(HTTPStatus.MISDIRECTED_REQUEST, "HostNotAllowed", "the `Host` header names another server")
        if (origin := headers.get("origin")) and origin.partition("://")[2] != host:
            return _refused(HTTPStatus.FORBIDDEN, "ForeignOrigin", "requests of other sites' pages are refused")
        if not self._access.admits(headers.get("authorization", "")):
            said = "the api key is missing or wrong"
            refused = _refused(HTTPStatus.UNAUTHORIZED, "Unauthorized", said, "send it as `Authorization: Bearer KEY`")
            return (*refused[:2], {**_CLOSE, "WWW-Authenticate": "Bearer"})
        if "content-length" in headers and "transfer-encoding" in headers:
            said = "`Content-Length` and `Transfer-Encoding` contradict each other"
            return _refused(HTTPStatus.BAD_REQUEST, "AmbiguousLength", said)
        return self._body_refusal(scope, headers)

    def _body_refusal(self, scope: Scope, headers: Headers) -> tuple[int, Problem, dict[str, str]] | None:
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return _refused(HTTPStatus.BAD_REQUEST, "InvalidLength", "`Content-Length` is not a number")
        if int(length) > (limit := self._limit(scope)):
            return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BodyTooLarge", _too_large(limit))
        if scope["method"] != "POST":
            return None
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._object_bytes(scope) is not None:
            if content_type in FORM_TYPES:
                hint = "send `Content-Type: application/octet-stream`"
                said = "an object can't be sent as a form or as plain text"
                return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", said, hint)
        elif content_type != "application/json":
            said, hint = "the body must be JSON", "send `Content-Type: application/json`"
            return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", said, hint)
        return None

    def _limit(self, scope: Scope) -> int:
        return self._object_bytes(scope) or self._limits.max_request_bytes

    def _object_bytes(self, scope: Scope) -> int | None:
        """Bytes of an object that may be posted to this path; None where none may be."""
        if scope["method"] != "POST":
            return None
        return next((size for path, size in self._objects.items() if path.fullmatch(scope["path"])), None)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """The request's body, counted and timed as it comes: chunked bodies announce no length."""
        limit = self._limit(scope)
        deadline = asyncio.get_running_loop().time() + self._limits.body_timeout_s
        seen = 0
        complete = False

        async def counted() -> Message:
            nonlocal seen, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the body took too long", _CLOSE) from error
            seen += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if seen > limit:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(limit), _CLOSE)
            return message

        return counted


def _refused(status: int, type: str, message: str, hint: str | None = None) -> tuple[int, Problem, dict[str, str]]:
    return status, Problem(type=type, message=message, hint=hint), _CLOSE


def _too_large(limit: int) -> str:
    return f"the body is larger than {limit} bytes"
