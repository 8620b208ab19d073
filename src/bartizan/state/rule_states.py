"""What a rule's file doesn't say: whether people switched it on or off, and how its last runs went."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bartizan.state.database import Database
from bartizan.state.outcome import NEW, Outcome
from bartizan.state.tables import RULE_STATES
from bartizan.state.texts import kept
from bartizan.state.upsert import upsert

MAX_ERROR_CHARACTERS = 2000
_OUTCOME = ("last_run", "last_success", "failures", "last_error", "next_try")


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule's state."""

    enabled: bool | None = None
    """None: as its file says."""
    outcome: Outcome = NEW


class RuleStates:
    """Reads and writes states. People write `enabled`, the runner writes outcomes: neither overwrites the other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, RuleState]:
        """By rule id; a rule that is not there has `RuleState()`."""
        with self._database.read() as connection:
            found = connection.execute(select(RULE_STATES)).all()
        return {
            row.rule_id: RuleState(row.enabled, Outcome(*(getattr(row, name) for name in _OUTCOME))) for row in found
        }

    def enable(self, rules: Iterable[str], enabled: bool | None) -> None:
        """Switch rules on or off, or with None back to what their files say."""
        rows = [{"rule_id": rule, "enabled": enabled, "failures": 0, "last_error": ""} for rule in rules]
        self._write(rows, ("enabled",))

    def note(self, outcomes: Mapping[str, Outcome]) -> None:
        """Store outcomes by rule id, thousands at once, all or none."""
        rows = [
            {
                "rule_id": rule,
                **{name: getattr(outcome, name) for name in _OUTCOME},
                "last_error": kept(outcome.last_error, MAX_ERROR_CHARACTERS),
            }
            for rule, outcome in outcomes.items()
        ]
        self._write(rows, _OUTCOME)

    def _write(self, rows: Sequence[Mapping[str, object]], changed: tuple[str, ...]) -> None:
        if not rows:
            return
        with self._database.write() as connection:
            connection.execute(upsert(self._database, RULE_STATES, changed), rows)
