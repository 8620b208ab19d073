"""What can be wrong with a rule or a run of rules."""

from bartizan.errors import BartizanError, Terminal


class RuleError(BartizanError, Terminal):
    """A rule's file is not what it should be; the other rules go on."""


class DuplicateRule(RuleError):
    """Two rules have one id."""


class UnknownRule(BartizanError, Terminal):
    """There is no rule by that id."""


class BadPeriod(BartizanError, Terminal):
    """A range of time that is none."""
