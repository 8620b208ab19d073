"""CloudTrail events in a throw-away store over the one engine of the test process, and rules to run over them."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bartizan.alerts.store import FOLDER as ALERTS_FOLDER
from bartizan.alerts.store import AlertStore
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.outcomes import Outcomes
from bartizan.detect.rule import Rule
from bartizan.detect.rulebook import Rulebook
from bartizan.detect.tuning import Tuning
from bartizan.ecs.registry import load_registry
from bartizan.engine.base import Engine
from bartizan.ingest.codecs import Bounds
from bartizan.ingest.inserts import Inserts
from bartizan.ingest.ledger import Ledger
from bartizan.ingest.loader import Loader
from bartizan.ingest.objects import Reading
from bartizan.ingest.spool import Spool
from bartizan.integrations.catalog import SHIPPED, Catalog, load_catalog
from bartizan.integrations.macros import load_macros
from bartizan.pipeline.detection import Detected, Detection
from bartizan.pipeline.intake import Intake, Source
from bartizan.query.schema import Schema
from bartizan.query.search import stored_schema
from bartizan.state.rule_states import RuleStates

CATALOG = load_catalog((SHIPPED, ALERTS_FOLDER))
MACROS = load_macros()
REGISTRY = CATALOG.registry(load_registry())
CLOUDTRAIL = replace(CATALOG.stream("aws.cloudtrail"), folder=Path(__file__).parent / "cloudtrail")
"""The stream with the few columns that rules of the tests ask."""
SMALL = Catalog({**CATALOG.streams, CLOUDTRAIL.dataset: CLOUDTRAIL})
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def inserts_over(engine: Engine) -> Inserts:
    """Made once for all stores of the test process."""
    return Inserts(engine, SMALL, MACROS, REGISTRY)


def record(number: int, action: str, **changes: Any) -> dict[str, Any]:
    """A CloudTrail record as AWS writes it."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::111122223333:user/alice"},
        "eventTime": f"2026-03-01T10:00:{number % 60:02d}Z",
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": action,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "requestParameters": {"name": "main"},
        "responseElements": None,
        "eventID": f"event-{number}",
        "eventType": "AwsApiCall",
        **changes,
    }


@dataclass
class DetectStore:
    """A stream of its own (by namespace), its alerts, and the rules at work over them."""

    engine: Engine
    folder: Path
    namespace: str
    now: datetime = NOW
    stored: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        spool = Spool(self.folder / "spool", 1024 * 1024, self.clock)
        ledger = Ledger(self.engine)
        quarantine = self.folder / "quarantine"
        loader = Loader(self.engine, spool, SMALL, MACROS, REGISTRY, ledger, quarantine, inserts_over(self.engine))
        self.intake = Intake(spool, loader, ledger, self.namespace)
        self.alerts = AlertStore(self.engine, spool, loader, self.namespace)

    def clock(self) -> datetime:
        """Every look at the clock is a millisecond later."""
        self.now += timedelta(milliseconds=1)
        return self.now

    @property
    def stream(self) -> str:
        """The CloudTrail stream's name."""
        return f"logs-aws.cloudtrail-{self.namespace}"

    def add(self, *records: dict[str, Any]) -> None:
        """Store records as one object."""
        self._add(json.dumps({"Records": list(records), "marker": self._marker()}), "aws.cloudtrail")

    def add_indicators(self, *indicators: dict[str, Any]) -> None:
        """Store threat indicators as one object."""
        lines = [json.dumps({**indicator, "marker": self._marker()}) for indicator in indicators]
        self._add("\n".join(lines) + "\n", "ti_custom.indicator")

    def _marker(self) -> str:
        self.stored += 1
        return f"{self.namespace}-{self.stored}"

    def _add(self, text: str, dataset: str) -> None:
        content = text.encode()
        source = Source("object", len(content), lambda: io.BytesIO(content))
        for told in self.intake.ingest([source], Reading(SMALL, Bounds(), 4096, dataset)):
            assert not told.failed, told.failed

    def schema(self) -> Schema:
        """The columns of this store's streams alone."""
        whole = stored_schema(self.engine, REGISTRY)
        own = {name: columns for name, columns in whole.streams.items() if name.endswith(f"-{self.namespace}")}
        return Schema(own, REGISTRY)

    def detection(
        self, rules: Sequence[Rule], tuning: Tuning | None = None, states: RuleStates | None = None
    ) -> Detection:
        """These rules at work."""
        book = Rulebook({rule.id: rule for rule in rules}, ())
        ledger = DetectionLedger(self.engine)
        outcomes = Outcomes(states)
        return Detection(self.engine, book, REGISTRY, ledger, self.alerts, self.clock, tuning=tuning, outcomes=outcomes)

    def run(self, rules: Sequence[Rule]) -> list[Detected]:
        """Evaluate what is new."""
        return list(self.detection(rules).run())
