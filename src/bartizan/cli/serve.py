"""`bartizan serve`: the API, loading and detection, until it is told to stop."""

import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from bartizan.api.access import access_for, is_loopback
from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, Rules, open_app
from bartizan.cli.output import stderr, tell_left_out
from bartizan.cli.remote import SERVER_FILE, live_server
from bartizan.errors import BartizanError, Terminal

GRACE_S = 10
"""Seconds that open requests get to end when the server is told to stop."""
MAX_CONNECTIONS = 256
MAX_HEAD_BYTES = 64 * 1024
"""Bytes of a request's head."""


class CannotServe(BartizanError, Terminal):
    """The address is taken or not this machine's, or the folder is served already."""


def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option("--host", help="Beyond loopback needs serve.api_key.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="0 takes a free one.", min=0, max=65535)] = None,
    rules: Rules = None,
    config: ConfigFile = None,
) -> None:
    """Serve the HTTP API; load what comes in and run the rules over it.

    Listens on loopback unless told otherwise. While it runs, `search` and `ingest` on the same --data go through it.

    Example: bartizan serve --data ./bartizan-data --port 8470
    """
    flags = {
        "rules": [str(path) for path in rules] if rules else None,
        "serve": {name: value for name, value in (("host", host), ("port", port)) if value is not None},
    }
    with open_app(data, config, **flags) as app:
        serve_app(app)


def serve_app(app: App) -> None:
    """Serve until SIGTERM or Ctrl-C; a load or scan at hand is finished first. Raises `CannotServe`, `Exposed`."""
    access_for(app.config.serve.host, app.config.serve.api_key)
    if other := live_server(app.config):
        raise CannotServe(f"a server has this data folder already: {other.url}", where=str(app.config.data))
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("bartizan").setLevel(logging.INFO)
    with _listening(app.config.serve.host, app.config.serve.port) as listener:
        url = _url(listener)
        run = _server(app)
        with _stop_on_signal(), _told(app.config.data, url):
            _greet(app, url)
            run([listener])


def _server(app: App) -> Callable[[list[socket.socket]], None]:
    """The HTTP server. Nothing is taken from `X-Forwarded-*`: there is no trusted proxy by default."""
    import uvicorn  # noqa: PLC0415 - half a second with FastAPI, which no other command needs

    from bartizan.api.server import build  # noqa: PLC0415

    config = uvicorn.Config(
        build(app.services()),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http="h11",
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config).run


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotServe(f"`{host}` is no address: {error.strerror}") from error
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
        except OSError as error:
            hint = "choose another --port"
            raise CannotServe(f"can't listen on {host}:{port}: {error.strerror}", hint=hint) from error
        yield listener


def _url(listener: socket.socket) -> str:
    """Where this machine's own commands reach the server."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - every address means loopback too
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _told(data: Path, url: str) -> Iterator[None]:
    """`server.json` in the data folder while the server runs; no secrets in it."""
    file = data / SERVER_FILE
    written = file.with_suffix(".partial")
    written.unlink(missing_ok=True)
    handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump({"url": url, "pid": os.getpid()}, opened)
    written.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def _stop_on_signal() -> Iterator[None]:
    """uvicorn stops on a signal, then raises it again: by then it is done with, and the exit status is 0."""
    before = {number: signal.signal(number, _done) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _done(number: int, frame: FrameType | None) -> None:
    """Nothing is left to do."""


def _greet(app: App, url: str) -> None:
    console = stderr()
    tell_left_out(app.rulebook.problems)
    key = "with the api key" if app.config.serve.api_key else "without a key, from this machine only"
    console.print(f"serving {url}/api/v1 {key}; its description is {url}/api/openapi.json", markup=False)
    if not is_loopback(app.config.serve.host):
        console.print("connections are not encrypted: put a TLS proxy before it", markup=False)
