"""What can be wrong with an object, a segment or the spool."""

from bartizan.errors import BartizanError, Terminal


class IngestError(BartizanError):
    """Something on the way from bytes to rows."""


class BadObject(IngestError, Terminal):
    """An object can't be read further: what came before the fault is kept, the object is named."""


class UnknownContent(IngestError, Terminal):
    """No integration knows the object's content."""


class DamagedSegment(IngestError, Terminal):
    """A spooled segment's checksum is wrong: it is set aside, the others go on."""
