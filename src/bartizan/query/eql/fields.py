"""The names of an EQL query, looked up: what each stands for among the fields of the streams."""

from dataclasses import dataclass
from datetime import datetime

from bartizan.query import ir
from bartizan.query.eql.ast import Field
from bartizan.query.errors import UnknownField
from bartizan.query.schema import Schema

CATEGORY_FIELD = "event.category"
"""What `process where` asks, unless a rule names another field (elastic.co, EQL search, `event_category_field`)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What names and values are read against."""

    text: str
    schema: Schema
    now: datetime
    category_field: str = CATEGORY_FIELD


@dataclass(frozen=True, slots=True)
class Known:
    """A field that was looked up. EQL compares whole values: of a text field those of its keyword sub-field."""

    ref: ir.FieldRef
    ignore_case: bool
    """Whether the field ignores case whatever the operator says (`process.name.caseless`)."""

    @property
    def whole(self) -> ir.FieldRef:
        """The field as comparisons see it."""
        if self.ref.kind is ir.Kind.TEXT:
            return ir.FieldRef(self.ref.name, ir.Kind.KEYWORD, self.ref.span)
        return self.ref


def look_up(field: Field, context: Context) -> Known | None:
    """The field that a name stands for; None for an optional one that nobody knows. Raises `UnknownField`."""
    found = context.schema.resolve(field.name)
    if found is not None:
        return Known(ir.FieldRef(found.name, found.kind, field.span), found.ignore_case)
    if field.optional:
        return None
    raise UnknownField(field.name, context.text, field.span, suggestion=context.schema.nearest(field.name))
