"""Bartizan: security analytics for AWS workloads. Python describes, ClickHouse executes."""

__version__ = "0.1.0"
