"""What AND, OR, NOT, + and - make of a list of clauses: from left to right, without precedence.

As Lucene's classic parser reads them with OR as the default operator: AND makes the clauses on both its sides required
(unless they are prohibited), OR changes nothing. So `a AND b OR c` is `+a +b c`, which `c` doesn't decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bartizan.query.lucene.ast import Clause, Clauses, Literal, Occur, Query, Term


@dataclass(frozen=True, slots=True)
class Written:
    """A clause as it stands in the text. `conjunction` is `AND`, `OR` or None, `modifier` `+`, `-` or None."""

    item: Query
    conjunction: str | None = None
    modifier: str | None = None
    bare: bool = False
    """Whether it is a plain term: no field, no wildcard, no quotes, nothing behind it."""


def combine(written: Sequence[Written]) -> Query:
    """The query that the clauses make."""
    occurs: list[Occur] = []
    joined = _join_bare(written)
    for clause in joined:
        if clause.conjunction == "AND" and occurs and occurs[-1] is not Occur.MUST_NOT:
            occurs[-1] = Occur.MUST
        occurs.append(_occur(clause))
    if len(joined) == 1 and occurs[0] is not Occur.MUST_NOT:
        return joined[0].item
    return Clauses(tuple(Clause(occur, clause.item) for occur, clause in zip(occurs, joined, strict=True)))


def _occur(clause: Written) -> Occur:
    if clause.modifier == "-":
        return Occur.MUST_NOT
    return Occur.MUST if clause.modifier == "+" or clause.conjunction == "AND" else Occur.SHOULD


def _join_bare(written: Sequence[Written]) -> list[Written]:
    """Plain terms with nothing between them are one text, which a field's type then takes apart or leaves whole.

    The first may not follow an operator, the last may not be followed by one.
    """
    runs: list[list[Written]] = []
    open_run = False
    for index, clause in enumerate(written):
        free = clause.bare and clause.conjunction is None and clause.modifier is None
        if free and open_run and not _binds(written, index + 1):
            runs[-1].append(clause)
        else:
            runs.append([clause])
        open_run = free
    return [run[0] if len(run) == 1 else _as_one(run) for run in runs]


def _binds(written: Sequence[Written], index: int) -> bool:
    return index < len(written) and written[index].conjunction is not None


def _as_one(run: Sequence[Written]) -> Written:
    values = [clause.item.value for clause in run if isinstance(clause.item, Term)]
    text = " ".join(value.text for value in values)
    return Written(Term(Literal((text,), False, values[0].span.cover(values[-1].span))))
