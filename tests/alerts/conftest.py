"""Alerts are stored where detection's tests store events."""

from tests.detect.conftest import make_store, store

__all__ = ["make_store", "store"]
