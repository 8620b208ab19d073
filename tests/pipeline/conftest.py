"""The control-plane database for tests of the stages together."""

from tests.control_plane import (
    empty_url,
    kind,
    migrated_postgresql,
    migrated_sqlite,
    open_another,
    postgresql,
    state,
    time,
    url,
)

__all__ = [
    "empty_url",
    "kind",
    "migrated_postgresql",
    "migrated_sqlite",
    "open_another",
    "postgresql",
    "state",
    "time",
    "url",
]
