"""What can be wrong with a change of alerts."""

from bartizan.errors import BartizanError, Terminal


class AlertError(BartizanError):
    """Something about alerts."""


class ChangeRefused(AlertError, Terminal):
    """The change asked for makes no sense, or its selection can't be read."""


class UnknownAlert(AlertError, Terminal):
    """There is no alert by that id."""


class UnknownChangeSet(AlertError, Terminal):
    """There is no change set by that id."""


class ChangeConflict(AlertError, Terminal):
    """The change set is not in the state that this needs."""
