"""How a rule's runs went."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a rule's runs went."""

    last_run: datetime | None = None
    """When it was last evaluated over something."""
    last_success: datetime | None = None
    failures: int = 0
    """Runs in a row that failed."""
    last_error: str = ""
    """Empty after a run that succeeded."""
    next_try: datetime | None = None
    """Not before this instant, after failures; None: at the next run."""


NEW = Outcome()
"""Of a rule that never ran."""
