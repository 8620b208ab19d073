"""An engine's address, `chdb:///path` or `clickhouse://user@host:8123/database?cluster=main`, and how it is opened."""

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from bartizan.engine.base import Engine
from bartizan.engine.cluster import Cluster
from bartizan.engine.embedded import EmbeddedEngine
from bartizan.engine.errors import StatementRefused
from bartizan.engine.limits import Limits
from bartizan.engine.server import ServerEngine


def open_engine(url: str, limits: Limits) -> Engine:
    """The engine at `url`; `chdb://` without a path keeps everything in memory.

    `?cluster=NAME` on a server's address spreads tables over that cluster (a name in its `remote_servers`).
    """
    parts = urlsplit(url)
    match parts.scheme:
        case "chdb":
            path = unquote(parts.netloc + parts.path)
            return EmbeddedEngine(Path(path) if path else None, limits)
        case "clickhouse" | "clickhouses":
            return ServerEngine(parts, limits, _cluster(parts))
    raise StatementRefused(
        f"no engine has addresses that begin with `{parts.scheme}://`",
        hint="use chdb:///path or clickhouse://user@host:port/database",
    )


def _cluster(address: SplitResult) -> Cluster | None:
    options = dict(parse_qsl(address.query, keep_blank_values=True))
    name = options.pop("cluster", "")
    if options:
        raise StatementRefused(f"an engine's address has no option `{min(options)}`", hint="`cluster` is the only one")
    return Cluster(name) if name else None
