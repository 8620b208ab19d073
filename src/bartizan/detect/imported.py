"""A rule that was read from any of the forms there are, and what of it is not kept."""

from dataclasses import dataclass

from bartizan.detect.rule import Rule


@dataclass(frozen=True, slots=True)
class Origin:
    """The pack that a rule is of."""

    pack: str
    """Id."""
    version: str
    is_tuned: bool
    """Whether it was changed here."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A rule and where it came from."""

    rule: Rule
    where: str
    """`file`, or `file:line` where a file holds several."""
    notes: tuple[str, ...] = ()
    """One sentence for each thing that the rule says and that has no counterpart here."""
    origin: Origin | None = None
    """None for a rule that is of no pack."""
