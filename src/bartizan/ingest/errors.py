"""What can be wrong with an object, a segment or the spool."""

from bartizan.errors import BartizanError, Terminal, Transient


class IngestError(BartizanError):
    """Something on the way from bytes to rows."""


class BadObject(IngestError, Terminal):
    """An object can't be read further: what came before the fault is kept, the object is named."""


class NoRecords(IngestError, Terminal):
    """An object holds nothing, or a header only: there is nothing to keep."""


class UnknownContent(IngestError, Terminal):
    """No integration knows the object's content."""


class DamagedSegment(IngestError, Terminal):
    """A spooled segment's checksum is wrong: it is set aside, the others go on."""


class SpoolUnavailable(IngestError, Transient):
    """The disk takes no more: nothing is acknowledged until it does."""


class SpoolInUse(IngestError, Terminal):
    """Another process writes to the spool."""
