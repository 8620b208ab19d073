"""What people want told and done about a rule's alerts, in the place of what its file says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.tables import RULE_RESPONSES
from bartizan.state.texts import document, line
from bartizan.state.upsert import upsert

MAX_BYTES = 64 * 1024
"""Bytes of either as JSON."""


@dataclass(frozen=True, slots=True)
class SetResponses:
    """What is set for a rule."""

    notify: Mapping[str, Any] | None
    """As the table `notify` of a rule's file; empty tells nobody; None is as its file says."""
    actions: Sequence[Mapping[str, Any]] | None
    """As the tables `actions` of a rule's file; None is as its file says."""
    finds: str
    """Digest of what the rule found when the actions were declared."""
    updated_at: datetime
    updated_by: str


class RuleResponses:
    """Reads and writes them; each is set by itself."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> dict[str, SetResponses]:
        """By rule id; a rule that is not there has nothing set."""
        with self._database.read() as connection:
            found = connection.execute(select(RULE_RESPONSES)).all()
        return {
            row.rule_id: SetResponses(row.notify, row.actions, row.finds, row.updated_at, row.updated_by)
            for row in found
        }

    def set_notify(self, rule: str, notify: Mapping[str, Any] | None, by: str) -> None:
        """Set whom a rule's alerts are told to. Raises `Invalid` for what is too long."""
        self._write(rule, by, ("notify",), notify=None if notify is None else dict(notify))

    def set_actions(self, rule: str, actions: Sequence[Mapping[str, Any]] | None, finds: str, by: str) -> None:
        """Set what is to be done, by somebody who may declare it, for what the rule finds now. Raises `Invalid`."""
        declared = None if actions is None else [dict(one) for one in actions]
        self._write(rule, by, ("actions", "finds"), actions=declared, finds=finds)

    def _write(self, rule: str, by: str, changed: tuple[str, ...], **values: Any) -> None:
        for name in ("notify", "actions"):
            if name in values:
                document(values[name], name, MAX_BYTES)
        written = {"updated_at": self._clock(), "updated_by": line(by, "by")}
        row = {"rule_id": line(rule, "rule"), "notify": None, "actions": None, "finds": "", **values, **written}
        with self._database.write() as connection:
            connection.execute(upsert(self._database, RULE_RESPONSES, (*changed, *written)), [row])
