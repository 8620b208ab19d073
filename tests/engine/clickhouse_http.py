"""ClickHouse's HTTP interface over chDB, enough to drive the official client: the engine behind it is the real one.

Of clickhouse.com/docs/interfaces/http it has: the query in the URL, the body or a form field, settings and `param_*`,
`database`, `default_format`, external tables as form files, Basic authentication, exception codes and `/ping`.
Responses are not compressed: the client asks for compression and takes what it gets.
"""

import re
import sys
import tempfile
import threading
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

MAX_URI_BYTES = 1024 * 1024
"""The server's default `http_max_uri_size`."""

_TRANSPORT = {
    *("query", "database", "user", "password", "default_format", "session_id", "session_timeout", "session_check"),
    *("query_id", "quota_key", "role", "compress", "decompress", "buffer_size", "wait_end_of_query", "stacktrace"),
    *("client_protocol_version", "send_progress_in_http_headers", "http_headers_progress_interval_ms"),
    *("enable_http_compression", "cancel_http_readonly_queries_on_client_close"),
}
"""Parameters of the URL that are no settings of the query."""


@dataclass
class Asked:
    """A request as the handler understood it."""

    values: dict[str, str]
    query: str
    files: dict[str, bytes] = field(default_factory=dict)
    is_get: bool = False

    def settings(self) -> Iterator[tuple[str, str]]:
        """Settings of the query, `readonly` among them."""
        described = {f"{name}_{part}" for name in self.files for part in ("structure", "format", "types")}
        own = {k: v for k, v in self.values.items() if k not in _TRANSPORT | described and not k.startswith("param_")}
        readonly = own.pop("readonly", "2" if self.is_get else "0")
        yield from own.items()
        yield "readonly", readonly

    def parameters(self) -> dict[str, str]:
        return {name.removeprefix("param_"): v for name, v in self.values.items() if name.startswith("param_")}


class ClickHouseServer(ThreadingHTTPServer):
    """Serves the folder that this process has open in chDB; each request has a session of its own."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, folder: str, user: str = "default", password: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.credentials = (user, password)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that dies is no fault of the server's."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.server_port}"

    def answer(self, asked: Asked) -> bytes:
        """What chDB answers, in a session prepared as the request says."""
        with closing(chdb.connect(self.folder)) as session:
            session.query(f"USE `{asked.values.get('database', 'default')}`")
            for name, body in asked.files.items():
                _external_table(session, name, body, asked.values)
            session.query(f"SET {', '.join(f'{name} = {_quoted(value)}' for name, value in asked.settings())}")
            format = asked.values.get("default_format", "TabSeparated")
            return bytes(session.query(asked.query, format, params=asked.parameters() or None).bytes())


@contextmanager
def serving(folder: str, **credentials: str) -> Iterator[ClickHouseServer]:
    """A server for as long as the block lasts."""
    server = ClickHouseServer(folder, **credentials)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: ClickHouseServer

    def handle_one_request(self) -> None:
        """As the base does, for request lines as long as ClickHouse takes."""
        self.raw_requestline = self.rfile.readline(MAX_URI_BYTES)
        if not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._respond()
            self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        if url.path == "/ping":
            return self._send(200, b"Ok.\n")
        if not self._is_authenticated():
            return self._fail("Code: 516. DB::Exception: default: Authentication failed (AUTHENTICATION_FAILED)", 403)
        try:
            asked = _asked(url.query, body, self.headers.get("Content-Type", ""), self.command == "GET")
            return self._send(200, self.server.answer(asked))
        except Exception as error:
            return self._fail(str(error), 500)

    def _is_authenticated(self) -> bool:
        given = self.headers.get("Authorization", "Basic ZGVmYXVsdDo=").removeprefix("Basic ")
        return tuple(b64decode(given).decode().split(":", 1)) == self.server.credentials

    def _fail(self, message: str, status: int) -> None:
        code = re.search(r"Code: (\d+)", message)
        headers = {"X-ClickHouse-Exception-Code": code[1] if code else "1002"}
        self._send(status, f"{message} (version 26.9.2.1 (official build))\n".encode(), headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(body)),
            "X-ClickHouse-Timezone": "UTC",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _asked(url_query: str, body: bytes, content_type: str, is_get: bool) -> Asked:
    values = dict(parse_qsl(url_query, keep_blank_values=True, strict_parsing=bool(url_query)))
    if boundary := re.match(r"multipart/form-data; ?boundary=(.+)$", content_type):
        fields, files = _form(body, boundary[1].strip('"').encode())
        values |= fields
        return Asked(values, values["query"], files, is_get)
    query = "\n".join(filter(None, [values.get("query", ""), body.decode()]))
    return Asked(values, query, {}, is_get)


def _form(body: bytes, boundary: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """Fields and files of a form (RFC 7578)."""
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        assert name is not None
        if b"filename=" in head:
            files[name[1].decode()] = content
        else:
            fields[name[1].decode()] = content.decode()
    return fields, files


def _external_table(session: Any, name: str, body: bytes, values: Mapping[str, str]) -> None:
    """As the server does: a temporary table in memory that holds the file's rows."""
    structure, format = values[f"{name}_structure"], values[f"{name}_format"]
    session.query(f"CREATE TEMPORARY TABLE `{name}` ({structure}) ENGINE = Memory")
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        source = ", ".join(_quoted(part) for part in (file.name, format, structure))
        session.query(f"INSERT INTO `{name}` SELECT * FROM file({source})")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
