"""Brings the copy of a tuned rule up to date with the pack's version."""

from bartizan.detect.attack.registry import Attack
from bartizan.detect.packs.fields import is_same
from bartizan.detect.packs.merge import base_after, merge
from bartizan.detect.packs.tuned import write_base, write_copy
from bartizan.detect.rule import Rule
from bartizan.detect.rule_writing import rule_text


def renew(base: Rule, yours: Rule, theirs: Rule, attack: Attack) -> None:
    """Write the merged rule into the copy where it says something else, and what the pack says now as its base."""
    merged = merge(base, yours, theirs, attack).rule
    after = base_after(base, yours, theirs, (), attack)
    if is_same(merged, yours):
        write_base(yours.file, after)
    else:
        write_copy(yours.file, rule_text(merged).encode(), after)
