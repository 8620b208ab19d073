"""ClickHouse over HTTP, through its official client: `clickhouse://user:password@host:port/database?cluster=main`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote

from sqlglot import exp

from bartizan.engine.base import PIECES, LocalFile, Settings, Value
from bartizan.engine.cluster import Cluster
from bartizan.engine.errors import EngineUnavailable, translated
from bartizan.engine.limits import Limits
from bartizan.engine.literals import bound
from bartizan.engine.read_only import check_read_only
from bartizan.engine.statements import OUTPUT_SETTINGS, Prepared, prepared


class ServerEngine:
    """A ClickHouse server or cluster. The client keeps a pool of connections and may be used by many threads."""

    name = "clickhouse"

    def __init__(self, address: SplitResult, limits: Limits, cluster: Cluster | None = None) -> None:
        """Connect; `clickhouses://` means TLS. Raises `EngineUnavailable` when nobody answers."""
        self.cluster = cluster
        self._limits = limits
        self._client = _connected(address)

    def query(
        self,
        statement: exp.Expr | Prepared,
        parameters: Mapping[str, Value] | None = None,
        *,
        file: LocalFile | None = None,
        format: str = "JSONEachRow",
        settings: Settings | None = None,
    ) -> bytes:
        """Run a statement; `file` is sent beside it as an external table. See `Engine.query`."""
        ready = prepared(statement)
        check_read_only(ready.statement, settings)
        try:
            answer = self._client.raw_query(
                ready.text(None),
                parameters={name: _Literal(value) for name, value in bound(parameters or {}).items()},
                settings={**OUTPUT_SETTINGS, **self._limits.settings(), **(settings or {})},
                fmt=format if isinstance(ready.statement, exp.Query | exp.Describe) else None,
                external_data=_external(file) if file else None,
            )
        except Exception as error:  # the client raises its own kinds and urllib3's
            raise translated(error) from error
        return bytes(answer)

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close_connections()


class _Literal:
    """A parameter as `literals` wrote it: the client passes on what it doesn't know as its `str()`, unescaped, so both
    engines get the same bytes (the client's own escapes leave out NUL and carriage return)."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


def _connected(address: SplitResult) -> Any:
    import clickhouse_connect  # noqa: PLC0415 - only for who uses a server

    is_tls = address.scheme == "clickhouses"
    host, port = address.hostname or "127.0.0.1", address.port or (8443 if is_tls else 8123)
    try:
        return clickhouse_connect.get_client(
            host=host,
            port=port,
            username=unquote(address.username or "default"),
            password=unquote(address.password or ""),
            database=unquote(address.path.strip("/")) or "default",
            secure=is_tls,
            autogenerate_session_id=False,
        )
    except Exception as error:  # the client raises its own kinds and urllib3's
        said = translated(error)
        if said.code:
            raise said from error
        raise EngineUnavailable(
            "no ClickHouse answers there", where=f"{host}:{port}", hint="is `engine.url` right, and the server up?"
        ) from error


def _external(file: LocalFile) -> Any:
    """clickhouse.com/docs/engines/table-engines/special/external-data: such a table lives as long as the statement."""
    from clickhouse_connect.driver.external import ExternalData  # noqa: PLC0415

    return ExternalData(file_name=PIECES, data=file.path.read_bytes(), fmt=file.format, structure=file.structure)
