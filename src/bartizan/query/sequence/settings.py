"""What an evaluation is asked: over which streams and time, how many sequences, what it may take."""

from collections.abc import Mapping
from collections.abc import Sequence as Listing
from dataclasses import dataclass, field
from datetime import datetime

from bartizan.engine.base import Settings
from bartizan.query.budget import Budget
from bartizan.query.ir import Expr, Keep
from bartizan.query.sequence.arrived import Arrived

MAX_SEQUENCES = 10_000
"""Most sequences that one evaluation may give."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Over which events a sequence is looked for, and the bounds of that."""

    streams: Listing[str]
    time_from: datetime | None = None
    time_to: datetime | None = None
    """Events with `time_from` <= `@timestamp` < `time_to`; None is open."""
    within: Mapping[str, Expr] = field(default_factory=dict)
    """What else the events of a stream fulfil, whatever step they are for."""
    arrived: Arrived | None = None
    """What of the events is new: only what they make up is looked for. None looks for everything."""
    complete_until: datetime | None = None
    """Until when all events have arrived: only until then can one be missing at the end. None: everything is there."""
    keeps: tuple[Keep, ...] = (Keep(100, newest=True),)
    """Which sequences are kept, in the order of their first events: by each in turn."""
    columns: Listing[str] | None = None
    """Columns of the events that are found; None is all."""
    timestamp: str = "@timestamp"
    """Field with the time of an event."""
    tiebreaker: str | None = None
    """Field that orders events of the same time, `event.sequence`; events without a value come last. Those that are
    still equal follow each other in the order of `arrival`, as in Elasticsearch in the order of its index."""
    arrival: str = "event.ingested"
    """Column that tells when an event was stored, or its place among the others."""
    max_candidates: int = 5_000_000
    """Most events that the state machine may be fed."""
    budget: Budget = field(default_factory=Budget)
    database: str | None = None
    each_value: bool = False
    """Whether an event with many values of a key counts for each of them, instead of for their list."""

    @property
    def engine_settings(self) -> Settings:
        """ClickHouse settings of the statements: they only read, within the budget."""
        return self.budget.settings()
