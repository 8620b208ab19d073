"""Alerts are stored where detection's tests store events."""

from tests.detect.conftest import engine, make_store, store

__all__ = ["engine", "make_store", "store"]
