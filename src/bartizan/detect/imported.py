"""A rule that was read from any of the forms there are, and what of it is not kept."""

from dataclasses import dataclass

from bartizan.detect.rule import Rule


@dataclass(frozen=True, slots=True)
class Imported:
    """A rule and where it came from."""

    rule: Rule
    where: str
    """`file`, or `file:line` where a file holds several."""
    notes: tuple[str, ...] = ()
    """One sentence for each thing that the rule says and that has no counterpart here."""
