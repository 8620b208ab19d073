"""What the resources work with: built by `app`, handed to the server."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bartizan.alerts.changes import AlertChanges
from bartizan.alerts.store import AlertStore
from bartizan.api.access import Access
from bartizan.clock import Clock
from bartizan.detect.rulebook import Rulebook
from bartizan.engine.base import Engine
from bartizan.ingest.objects import Reading
from bartizan.pipeline.detection import Detection
from bartizan.pipeline.intake import Intake
from bartizan.pipeline.responses import Declaring, Responding
from bartizan.query.budget import Budget
from bartizan.query.schema import Schema
from bartizan.respond.notifier import Notifier

if TYPE_CHECKING:  # with SQLAlchemy, which no command but `serve` needs
    from bartizan.cases.casework import Casework
    from bartizan.state.stores import State


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of requests."""

    max_object_bytes: int
    """Bytes of one object sent to `/ingest`, as it comes over the wire."""
    max_unfolded_bytes: int
    """Bytes such an object may unfold to."""
    search: Budget
    """What a search may take in the engine."""
    max_request_bytes: int = 1024 * 1024
    """Bytes of any other request's body."""
    max_backlog_bytes: int = 2 * 1024**3
    """Bytes in the spool that wait to be loaded; beyond, clients are asked to come again later."""
    body_timeout_s: float = 120
    """Seconds within which a request's body must have come."""
    stored_timeout_s: float = 60
    """Seconds that `wait=true` waits for the load."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the API."""

    engine: Engine
    intake: Intake
    detection: Detection
    rulebook: Rulebook
    rules_of: Callable[[Iterable[Path]], Rulebook]
    """The rules of files that are no part of it."""
    alerts: AlertStore
    alert_changes: AlertChanges
    schema: Callable[[], Schema]
    """The columns of every stream, as they are now."""
    reading: Callable[[str | None], Reading]
    """How objects are read, given a dataset's name or None."""
    clock: Clock
    incoming: Path
    """Folder for request bodies while they come in."""
    access: Access
    limits: Limits
    notifier: Notifier
    responding: Callable[[], Mapping[str, Responding]]
    """What rules want told and done about their alerts, as it is now, by the rule's id."""
    declaring: Declaring
    """Who may declare which response actions."""
    state: "State"
    casework: "Casework"
    lookups: Sequence[Path] = ()
    """Folders of lookup tables for searches."""
