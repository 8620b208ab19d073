"""Alerts, kept as a data stream like any other: `alerts-detection-default`."""
