"""Everything that people work on cases with, over one database and one folder."""

from dataclasses import dataclass
from pathlib import Path

from bartizan.cases.attached_alerts import AttachedAlerts
from bartizan.cases.attachment_files import AttachmentFiles
from bartizan.cases.attachments import Attachments
from bartizan.cases.cases import Cases
from bartizan.cases.comments import Comments
from bartizan.cases.history import History
from bartizan.cases.observables import Observables
from bartizan.cases.timeline_events import TimelineEvents
from bartizan.cases.timelines import Timelines
from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.identity import Ids, random_id


@dataclass(frozen=True, slots=True)
class Casework:
    """Cases with what belongs to them, and timelines."""

    cases: Cases
    history: History
    comments: Comments
    alerts: AttachedAlerts
    observables: Observables
    attachments: Attachments
    timelines: Timelines
    timeline_events: TimelineEvents

    def delete_case(self, id: str, version: int | None = None) -> None:
        """Remove a case, all that belongs to it, and its files. Raises `Missing`, `Outdated`."""
        self.cases.delete(id, version)
        self.attachments.forget(id)


def casework_over(database: Database, folder: Path, clock: Clock, ids: Ids = random_id) -> Casework:
    """Casework over a database; attachments are kept in a folder."""
    history = History(database, clock)
    return Casework(
        cases=Cases(database, history, clock, ids),
        history=history,
        comments=Comments(database, history, clock, ids),
        alerts=AttachedAlerts(database, history, clock),
        observables=Observables(database, history, clock, ids),
        attachments=Attachments(database, AttachmentFiles(folder), history, clock, ids),
        timelines=Timelines(database, clock, ids),
        timeline_events=TimelineEvents(database, clock, ids),
    )
