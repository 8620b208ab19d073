"""What cases can answer beyond the errors of the database they are kept in."""

from bartizan.errors import BartizanError, Terminal, Transient


class CaseError(BartizanError):
    """A case's own trouble."""


class AttachmentUnavailable(CaseError, Transient):
    """The disk refuses an attachment: no room, or it can't be read."""


class AttachmentLost(CaseError, Terminal):
    """An attachment's file is gone, or is not what was stored."""
