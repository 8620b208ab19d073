"""What can be wrong with a pack; the other packs and rules go on."""

from bartizan.detect.errors import RuleError
from bartizan.errors import BartizanError, Transient


class PackError(RuleError):
    """A pack can't be built, read or used."""


class BadPack(PackError):
    """A pack is damaged, or is not what its manifest says."""


class NotTrusted(PackError):
    """Nobody who is trusted has signed the pack, or somebody else than before."""


class NotNewer(PackError):
    """The pack is no newer than the one that is installed."""


class UnknownPack(PackError):
    """There is no installed pack, or no rule of one, by that id."""


class Unresolved(PackError):
    """There is no such conflict to resolve."""


class PacksInUse(BartizanError, Transient):
    """Another command changes the packs."""
