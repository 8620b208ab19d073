"""What the parts of one compilation share."""

from dataclasses import dataclass, field
from datetime import datetime

from bartizan.query.binder import Binder
from bartizan.query.esql.faults import Faults
from bartizan.query.esql.ids import Ids
from bartizan.query.esql.lookup_tables import NO_LOOKUPS, Lookups
from bartizan.query.esql.scanning import Streams


@dataclass(frozen=True, slots=True)
class Context:
    """One query's compilation."""

    faults: Faults
    binder: Binder
    ids: Ids
    now: datetime
    streams: Streams | None
    """The streams of FROM; None for a query that reads none."""
    lookups: Lookups = field(default=NO_LOOKUPS)
    version: str = ""
    """What `SHOW INFO` tells."""
