"""A Sigma value compared with a field of some kind: strings with wildcards, numbers, nulls, expressions, networks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from math import prod
from re import escape

from sigma.exceptions import SigmaError
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from bartizan.query import ir
from bartizan.query.free_text import READ_AS_TEXT, anywhere
from bartizan.query.ir import Kind
from bartizan.query.operators import UnfitValue, equal_or_like, wildcard
from bartizan.query.regex.pcre import pcre_to_re2
from bartizan.query.schema import Schema
from bartizan.query.values import read_network

_WILD = {SpecialChars.WILDCARD_MULTI: ir.Wild.MANY, SpecialChars.WILDCARD_SINGLE: ir.Wild.ONE}
_TYPED = (Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.IP)
_AS_TEXT = (Kind.KEYWORD, Kind.TEXT, Kind.JSON)
MAX_EXPANSIONS = 200
"""Most texts that a value's placeholders may stand for."""

_FORMS = "compare with a text, a number, a network or a regular expression"


@dataclass(slots=True)
class Notes:
    """What a user should know of a rule, each thing once."""

    _told: dict[str, None] = field(default_factory=dict)

    def add(self, note: str) -> None:
        """Keep `note`."""
        self._told[note] = None

    @property
    def told(self) -> tuple[str, ...]:
        """All of it, in order."""
        return tuple(self._told)


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Makes a leaf of the IR from a value. Raises `UnfitValue` for what can't be compared."""

    schema: Schema
    now: datetime
    placeholders: Mapping[str, Sequence[str]]
    notes: Notes

    def read(self, value: SigmaType, ref: ir.FieldRef, resolve: Callable[[str], ir.FieldRef]) -> ir.Expr:
        """`ref` fulfils `value`; `resolve` gives another field that it names."""
        match value:
            case SigmaNull():
                return ir.Not(ir.Exists(ref))
            case SigmaExists():
                return ir.Exists(ref) if value.exists else ir.Not(ir.Exists(ref))
            case SigmaString():
                return ir.any_of([self._text(one, ref) for one in self.texts(value)])
            case SigmaRegularExpression():
                return self.regex(value, ref)
            case SigmaTimestampPart():
                raise UnfitValue("parts of a time (`hour`, `day`...) are not compared", "compare the whole time")
            case SigmaBool():
                return self._boolean(value.boolean, ref)
            case SigmaNumber():
                return self._number(value.number, ref)
            case SigmaCompareExpression():
                return _comparison(value, ref)
            case SigmaCIDRExpression():
                return _network(value, ref)
            case SigmaFieldReference():
                return _same(value, ref, resolve)
        raise UnfitValue(f"the value is a {type(value).__name__}, which is not read", _FORMS)

    def of_group(self, value: SigmaType, exists: Callable[[], ir.Expr]) -> ir.Expr:
        """A group of fields has no value itself; one of its fields may have."""
        if isinstance(value, SigmaNull) or (isinstance(value, SigmaExists) and not value.exists):
            return ir.Not(exists())
        is_any = isinstance(value, SigmaExists) or (
            isinstance(value, SigmaString) and pattern_of(value) == (ir.Wild.MANY,)
        )
        return exists() if is_any else ir.Constant(False)

    def texts(self, value: SigmaString) -> Sequence[SigmaString]:
        """`value` with each value of its placeholders, which are plain text; nothing (and a note) if one has none."""
        if not value.contains_placeholder():
            return (value,)
        if self._lacks_values(value.s):
            return ()
        try:
            return value.replace_placeholders(self._values)
        except SigmaError as error:
            raise UnfitValue(f"the placeholders can't be expanded: {error}", "give them fewer values") from None

    def patterns(self, value: SigmaRegularExpression) -> Sequence[str]:
        """As `texts`, for a regular expression: a placeholder's values are escaped, they are no expressions."""
        if not hasattr(value.regexp, "s"):  # pySigma lets any YAML value through
            raise UnfitValue("a regular expression is a text", "quote it, or leave out the modifier `re`")
        if self._lacks_values(value.regexp.s):
            return ()
        choices = [self._choices(part) for part in value.regexp.s]
        if prod(map(len, choices)) > MAX_EXPANSIONS:
            raise UnfitValue(f"the placeholders stand for more than {MAX_EXPANSIONS} texts", "give them fewer values")
        return ["".join(parts) for parts in product(*choices)]

    def _choices(self, part: str | SpecialChars | Placeholder) -> Sequence[str]:
        if isinstance(part, Placeholder):
            return [escape(one) for one in self.placeholders[part.name]]
        return (_WILD[part].value if isinstance(part, SpecialChars) else part,)

    def _lacks_values(self, parts: Sequence[str | SpecialChars | Placeholder]) -> bool:
        without = [one.name for one in parts if isinstance(one, Placeholder) and not self.placeholders.get(one.name)]
        for name in without:
            self.notes.add(f"the placeholder `%{name}%` is without values: what compares with it matches nothing")
        return bool(without)

    def _values(self, placeholder: Placeholder) -> Iterator[str]:
        yield from self.placeholders[placeholder.name]

    def regex(self, value: SigmaRegularExpression, ref: ir.FieldRef) -> ir.Expr:
        """`ref` has a value in which the expression finds something."""
        flags = SigmaRegularExpressionFlag
        lines, dots = flags.MULTILINE in value.flags, flags.DOTALL in value.flags
        patterns = [pcre_to_re2(one, multi_line=lines, dot_all=dots) for one in self.patterns(value)]
        return ir.any_of([ir.Regex(_as_text(ref), one, flags.IGNORECASE in value.flags) for one in patterns])

    def _text(self, value: SigmaString, ref: ir.FieldRef) -> ir.Expr:
        pattern = pattern_of(value)
        if pattern == (ir.Wild.MANY,):
            return ir.Exists(ref)
        if not pattern:
            return ir.Not(ir.Exists(ref))
        ignore_case = not isinstance(value, SigmaCasedString)
        if any(isinstance(part, ir.Wild) for part in pattern):
            return wildcard(_as_text(ref), pattern, ignore_case)
        literal = "".join(part for part in pattern if isinstance(part, str))
        if ref.kind in _TYPED and not (ref.kind is Kind.IP and read_network(literal)):
            return self._typed(literal.lower() if ref.kind is Kind.BOOLEAN else literal, ref)
        return ir.Equals(_as_text(ref), literal, ignore_case)

    def _typed(self, literal: str, ref: ir.FieldRef) -> ir.Expr:
        try:
            return equal_or_like(ref, (literal,), True, self.now)
        except UnfitValue as error:
            self.notes.add(f"{error}: it equals none of its values")
            return ir.Constant(False)

    def _number(self, number: int | float, ref: ir.FieldRef) -> ir.Expr:
        if ref.kind is Kind.NUMBER:
            return ir.Equals(ref, number)
        if ref.kind is Kind.BOOLEAN:
            return ir.Equals(ref, number == 1) if number in (0, 1) else ir.Constant(False)
        return self._typed(str(number), ref) if ref.kind in _TYPED else ir.Equals(_as_text(ref), str(number), True)

    def _boolean(self, value: bool, ref: ir.FieldRef) -> ir.Expr:
        if ref.kind is Kind.BOOLEAN:
            return ir.Equals(ref, value)
        if ref.kind is Kind.NUMBER:
            return ir.Equals(ref, int(value))
        return ir.Equals(_as_text(ref), str(value).lower(), True)


def keyword_condition(value: SigmaType, reader: ValueReader) -> ir.Expr:
    """A value without a field: somewhere in what an event says."""
    match value:
        case SigmaString():
            return ir.any_of([_keyword(one, reader.schema) for one in reader.texts(value)])
        case SigmaRegularExpression():
            return ir.any_of([reader.regex(value, ir.FieldRef(name, Kind.KEYWORD)) for name in READ_AS_TEXT])
        case SigmaNumber() | SigmaBool():
            shown = str(value) if isinstance(value, SigmaNumber) else str(value).lower()
            return anywhere((shown,), reader.schema)
    raise UnfitValue("a value without a field is a text, a number or a regular expression", "name the field")


def pattern_of(value: SigmaString) -> ir.Pattern:
    """A string's text and wildcards; what stands side by side is one."""
    parts: list[str | ir.Wild] = []
    for part in value.s:
        own = _WILD[part] if isinstance(part, SpecialChars) else part
        if not isinstance(own, str | ir.Wild):
            raise UnfitValue("the value has a placeholder in a place that can't have one", "use `expand` alone")
        if own == "" or (own is ir.Wild.MANY and parts and parts[-1] is ir.Wild.MANY):
            continue
        if isinstance(own, str) and parts and isinstance(parts[-1], str):
            parts[-1] += own
        else:
            parts.append(own)
    return tuple(parts)


def _keyword(value: SigmaString, schema: Schema) -> ir.Expr:
    return anywhere(pattern_of(value), schema, ignore_case=not isinstance(value, SigmaCasedString))


def _as_text(ref: ir.FieldRef) -> ir.FieldRef:
    """The field read as text, whatever its kind: Sigma knows whole values, no words. A place stays one."""
    kind = Kind.KEYWORD if ref.kind in (*_TYPED, *_AS_TEXT) else ref.kind
    return ir.FieldRef(ref.name, kind, ref.span)


def _comparison(value: SigmaCompareExpression, ref: ir.FieldRef) -> ir.Expr:
    """Numbers order as numbers, also those that are stored as text."""
    number, field_as_number = value.number.number, ir.FieldRef(ref.name, Kind.NUMBER, ref.span)
    if ref.kind not in (Kind.NUMBER, Kind.KEYWORD):
        raise UnfitValue(
            f"`{ref.name}` holds {ref.kind.value} values, which don't order as numbers", "use a number field"
        )
    operators = CompareOperators
    match value.op:
        case operators.LT | operators.LTE:
            return ir.Range(field_as_number, high=ir.Bound(number, value.op is operators.LTE))
        case operators.GT | operators.GTE:
            return ir.Range(field_as_number, low=ir.Bound(number, value.op is operators.GTE))
        case _:
            return ir.Not(ir.Equals(field_as_number, number))


def _network(value: SigmaCIDRExpression, ref: ir.FieldRef) -> ir.Expr:
    network = read_network(str(value.network))
    assert network is not None
    if ref.kind not in (Kind.IP, Kind.KEYWORD):
        raise UnfitValue(f"`{ref.name}` holds {ref.kind.value} values, which lie in no network", "use an address field")
    return ir.CidrMatch(ir.FieldRef(ref.name, Kind.IP, ref.span), network)


def _same(value: SigmaFieldReference, ref: ir.FieldRef, resolve: Callable[[str], ir.FieldRef]) -> ir.Expr:
    if value.starts_with or value.ends_with:
        raise UnfitValue("only whole values of two fields are compared", "leave out the modifier beside `fieldref`")
    return ir.Compare("=", _caseless(ref), _caseless(resolve(value.field)))


def _caseless(ref: ir.FieldRef) -> ir.Value:
    return ir.Call("lower", (ir.Call("string", (ref,)),))
