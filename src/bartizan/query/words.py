"""Conditions on the single words of a text, and on how far a text is from another one."""

from collections.abc import Callable

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.sql import call, each

_WORD = r"[\p{L}\p{N}_]+"


def words(value: exp.Expression, binder: Binder) -> exp.Expression:
    """The words of `value` in lower case, in order."""
    return call("extractAll", call("lowerUTF8", value.copy()), binder.scalar(_WORD))


def any_word(value: exp.Expression, test: Callable[[exp.Expression], exp.Expression], binder: Binder) -> exp.Expression:
    """Whether `test` holds for a word of `value`."""
    return call("arrayExists", each("_w", test), words(value, binder))


def similar(value: exp.Expression, target: str, edits: int, binder: Binder) -> exp.Expression:
    """Whether at most `edits` changes make `target` of `value`; the value is cut first, so its length costs nothing.

    ClickHouse counts neighbours that change places as one change only for bytes (`damerauLevenshteinDistance`), so a
    `target` with other characters than ASCII ones takes two changes for that.
    """
    distance = _distance(value, target, edits, binder)
    return exp.LTE(this=distance, expression=binder.scalar(edits))


def _distance(value: exp.Expression, target: str, edits: int, binder: Binder) -> exp.Expression:
    start, length = exp.Literal.number(1), binder.scalar(len(target) + edits + 1)
    if target.isascii():
        return call("damerauLevenshteinDistance", call("substring", value, start, length), binder.scalar(target))
    cut = call("substringUTF8", call("toValidUTF8", value), start, length)
    return call("editDistanceUTF8", cut, binder.scalar(target))


def near(value: exp.Expression, targets: tuple[str, ...], slop: int, binder: Binder) -> exp.Expression:
    """Whether `value` holds each of `targets`, moved from its place in the phrase by at most `slop` places in all.

    As Lucene counts: of each word the position in the text less that in the phrase, and of these the largest less the
    smallest. Each occurrence becomes the `slop` + 1 numbers from that difference on; a number that all words have in
    common says that they are near enough, in time that grows with the text alone.
    """
    text = words(value, binder)
    reach = [_reach(text, target, len(targets) - place, slop, binder) for place, target in enumerate(targets)]
    return call("notEmpty", call("arrayIntersect", *reach))


def _reach(text: exp.Expression, target: str, shift: int, slop: int, binder: Binder) -> exp.Expression:
    places = call("arrayFilter", _is_word(binder.scalar(target)), call("arrayEnumerate", text.copy()), text.copy())
    first, end = binder.scalar(shift), binder.scalar(shift + slop + 1)
    spread = each("_p", lambda place: call("range", call("plus", place, first), call("plus", place.copy(), end)))
    return call("arrayFlatten", call("arrayMap", spread, places))


def _is_word(target: exp.Expression) -> exp.Expression:
    place, word = exp.to_identifier("_i"), exp.to_identifier("_w")
    return exp.Lambda(this=exp.EQ(this=exp.column(word.copy()), expression=target), expressions=[place, word])
