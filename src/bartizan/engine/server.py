"""ClickHouse over HTTP, through its official client: `clickhouse://user:password@host:port/database`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote

from sqlglot import exp

from bartizan.engine.base import PIECES, FileInsert, Settings, Value
from bartizan.engine.errors import translated
from bartizan.engine.limits import Limits
from bartizan.engine.literals import bound
from bartizan.engine.statements import ONE_BLOCK, OUTPUT_SETTINGS, insert_tree, text


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
        statement: exp.Expression,
        parameters: Mapping[str, Value] | None = None,
        *,
        format: str = "JSONEachRow",
        settings: Settings | None = None,
    ) -> bytes:
        """Run a statement; see `Engine.query`."""
        carried = {**OUTPUT_SETTINGS, **self._limits.settings(), **(settings or {})}
        try:
            answer = self._client.raw_query(
                text(statement), settings={**carried, **_named(parameters)}, fmt=_format(statement, format)
            )
        except Exception as error:
            raise translated(error) from error
        return bytes(answer)

    def insert_file(self, insert: FileInsert) -> None:
        """Send the file beside the insert as an external table, which its SELECT reads; see `Engine.insert_file`.

        clickhouse.com/docs/engines/table-engines/special/external-data: the table lives as long as the statement.
        """
        from clickhouse_connect.driver.external import ExternalData  # noqa: PLC0415

        settings = {**ONE_BLOCK, **self._limits.settings(), "insert_deduplication_token": insert.token}
        file = ExternalData(
            file_name=PIECES, data=insert.file.read_bytes(), fmt=insert.format, structure=insert.structure
        )
        try:
            self._client.raw_query(
                text(insert_tree(insert, exp.to_table(PIECES))),
                parameters=None,
                settings={**settings, **_named(insert.parameters)},
                external_data=file,
            )
        except Exception as error:
            raise translated(error) from error

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()


def _named(parameters: Mapping[str, Value] | None) -> dict[str, str]:
    return {f"param_{name}": value for name, value in bound(parameters or {}).items()}


def _format(statement: exp.Expression, format: str) -> str | None:
    return format if isinstance(statement, exp.Query | exp.Describe) else None
