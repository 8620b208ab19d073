"""An engine's address, `chdb:///path` or `clickhouse://user@host:8123/database`, and how it is opened."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from bartizan.engine.base import Engine
from bartizan.engine.embedded import EmbeddedEngine
from bartizan.engine.errors import StatementRefused
from bartizan.engine.limits import Limits
from bartizan.engine.server import ServerEngine


def open_engine(url: str, limits: Limits) -> Engine:
    """The engine at `url`; `chdb://` without a path keeps everything in memory."""
    parts = urlsplit(url)
    match parts.scheme:
        case "chdb":
            path = unquote(parts.netloc + parts.path)
            return EmbeddedEngine(Path(path) if path else None, limits)
        case "clickhouse" | "clickhouses":
            return ServerEngine(parts, limits)
    raise StatementRefused(
        f"no engine is known by the address `{url}`", hint="use chdb:///path or clickhouse://user@host:port/database"
    )
