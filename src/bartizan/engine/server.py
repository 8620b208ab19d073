"""ClickHouse over HTTP, through its official client: `clickhouse://user:password@host:port/database`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote

from sqlglot import exp

from bartizan.engine.base import PIECES, LocalFile, Settings, Value
from bartizan.engine.errors import translated
from bartizan.engine.limits import Limits
from bartizan.engine.literals import bound
from bartizan.engine.statements import OUTPUT_SETTINGS, text


class ServerEngine:
    """A ClickHouse server or cluster. The client keeps a pool of connections and may be used by many threads."""

    name = "clickhouse"

    def __init__(self, address: SplitResult, limits: Limits) -> None:
        """Connect; `clickhouses://` means TLS. Raises `EngineUnavailable` when nobody answers."""
        import clickhouse_connect  # noqa: PLC0415 - only for who uses a server

        self._limits = limits
        try:
            self._client: Any = clickhouse_connect.get_client(
                host=address.hostname or "127.0.0.1",
                port=address.port or (8443 if address.scheme == "clickhouses" else 8123),
                username=unquote(address.username or "default"),
                password=unquote(address.password or ""),
                database=address.path.strip("/") or "default",
                secure=address.scheme == "clickhouses",
                autogenerate_session_id=False,
            )
        except Exception as error:  # the client raises its own kinds and urllib3's
            raise translated(error) from error

    def query(
        self,
        statement: exp.Expr,
        parameters: Mapping[str, Value] | None = None,
        *,
        file: LocalFile | None = None,
        format: str = "JSONEachRow",
        settings: Settings | None = None,
    ) -> bytes:
        """Run a statement; `file` is sent beside it as an external table. See `Engine.query`."""
        carried = {**OUTPUT_SETTINGS, **self._limits.settings(), **(settings or {}), **_named(parameters)}
        try:
            answer = self._client.raw_query(
                text(statement),
                settings=carried,
                fmt=format if isinstance(statement, exp.Query | exp.Describe) else None,
                external_data=_external(file) if file else None,
            )
        except Exception as error:  # the client raises its own kinds and urllib3's
            raise translated(error) from error
        return bytes(answer)

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()


def _named(parameters: Mapping[str, Value] | None) -> dict[str, str]:
    return {f"param_{name}": value for name, value in bound(parameters or {}).items()}


def _external(file: LocalFile) -> Any:
    """clickhouse.com/docs/engines/table-engines/special/external-data: such a table lives as long as the statement."""
    from clickhouse_connect.driver.external import ExternalData  # noqa: PLC0415

    return ExternalData(file_name=PIECES, data=file.path.read_bytes(), fmt=file.format, structure=file.structure)
