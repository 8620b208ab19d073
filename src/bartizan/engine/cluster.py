"""Where the tables of a cluster of ClickHouse servers are: rows on each shard, behind one table that spreads them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster as the servers' `remote_servers` configuration names it; shards take rows by `event.id`."""

    name: str

    def local(self, table: str) -> str:
        """The name of the table on each shard; it must not look like a stream's."""
        return f"local-{table}"
