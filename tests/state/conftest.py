"""The control-plane databases."""

from tests.control_plane import open_another, postgresql, state, time, url

__all__ = ["open_another", "postgresql", "state", "time", "url"]
