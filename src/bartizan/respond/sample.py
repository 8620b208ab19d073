"""The alert that a connector is tried with."""

from datetime import datetime
from typing import Any


def sample_alert(now: datetime) -> dict[str, Any]:
    """An ECS document that says it is a test; its addresses and names are those of examples (RFC 5737)."""
    at = now.isoformat()
    return {
        "@timestamp": at,
        "event": {"kind": "signal", "action": "ConsoleLogin", "dataset": "aws.cloudtrail"},
        "alert": {
            "id": f"test-{int(now.timestamp())}",
            "severity": "low",
            "risk_score": 0,
            "reason": "this is a test of the connector, nothing happened",
            "status": "open",
            "start": at,
            "end": at,
        },
        "rule": {"id": "test", "name": "Test of a connector", "category": ["test"]},
        "user": {"name": "example"},
        "source": {"ip": "192.0.2.1"},
        "cloud": {"account": {"id": "111122223333"}, "region": "eu-west-1"},
    }
