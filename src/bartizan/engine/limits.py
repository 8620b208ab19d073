"""What the engine may take: memory, threads, time and caches, the same words for the embedded one and a server."""

from dataclasses import dataclass

from bartizan.engine.base import Settings

_MIB = 1024 * 1024

MAX_STATEMENT_BYTES = 16 * _MIB
"""A scan holds the conditions of hundreds of rules: ClickHouse's own bound (256 KiB) is one for statements by hand."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one engine; every statement carries them."""

    max_memory_bytes: int = 1200 * _MIB
    """Memory all statements of an embedded engine may take together, and one statement on a server."""
    max_threads: int = 2
    """Cores one statement may use."""
    max_execution_s: float = 0
    """Seconds a statement may run; 0 is no bound."""

    def settings(self) -> Settings:
        """Settings of each statement (clickhouse.com/docs/operations/settings/query-complexity)."""
        return {
            "max_memory_usage": self.max_memory_bytes,
            "max_threads": self.max_threads,
            "max_execution_time": self.max_execution_s,
            "max_read_buffer_size": _MIB // 4,
            "max_query_size": MAX_STATEMENT_BYTES,
            "max_ast_elements": MAX_STATEMENT_BYTES // 16,
        }

    def embedded_settings(self) -> Settings:
        """Settings of each statement of an embedded engine. ClickHouse would take one thread a statement where less
        than a GiB for each is free (`max_threads_min_free_memory_per_thread`): the bound here is smaller than two."""
        return {**self.settings(), "max_threads_min_free_memory_per_thread": 0}

    def server_settings(self) -> Settings:
        """Settings of an embedded engine as a whole; its caches are sized for a laptop, not for a server."""
        return {
            "max_server_memory_usage": self.max_memory_bytes,
            "mark_cache_size": 64 * _MIB,
            "index_mark_cache_size": 16 * _MIB,
            "background_pool_size": 1,
            "background_schedule_pool_size": 4,
            "max_thread_pool_size": 200,
        }
