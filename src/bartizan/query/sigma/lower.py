"""A Sigma rule to the IR.

pySigma reads rules, applies modifiers and parses conditions; its trees are walked directly. A `Backend` subclass would
be the longer way: it is made to print query strings from templates, and its tree has lost the place in the rule's file
that an error shows. Nor is pySigma's processing pipeline needed: names and streams come from tables (`logsource.py`),
so a field is renamed and typed by our schema in one step.

Semantics: github.com/SigmaHQ/sigma-specification (rules, modifiers). Strings ignore case unless `cased`; null and ''
are "no value".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import yaml
from sigma.conditions import ConditionAND
from sigma.rule.detection import SigmaDetection, SigmaDetectionItem
from sigma.types import SigmaExpansion, SigmaType

from bartizan.query import ir
from bartizan.query.errors import InvalidValue, UnknownField
from bartizan.query.operators import UnfitValue
from bartizan.query.schema import Schema, SchemaField
from bartizan.query.sigma.condition import conditions
from bartizan.query.sigma.document import child, span_of
from bartizan.query.sigma.logsource import Source, source_of
from bartizan.query.sigma.rule import DetectionRule, read_detection_rule
from bartizan.query.sigma.values import Notes, ValueReader, keyword_condition
from bartizan.query.span import Span

Placeholders = Mapping[str, Sequence[str]]
"""Values for the placeholders (`%name%`) of values with `expand`."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """What a rule means, which streams it reads, and what its user should know."""

    expr: ir.Expr
    index: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Context:
    rule: DetectionRule
    schema: Schema
    source: Source
    values: ValueReader
    notes: Notes = field(default_factory=Notes)

    @property
    def text(self) -> str:
        return self.rule.document.text


def sigma_to_ir(text: str, schema: Schema, now: datetime) -> ir.Expr:
    """What the one detection rule in `text` means for the fields of `schema`."""
    return lower_rule(read_detection_rule(text), schema, now).expr


def lower_rule(rule: DetectionRule, schema: Schema, now: datetime, placeholders: Placeholders | None = None) -> Lowered:
    """What `rule` means for the fields of `schema`. Raises `QuerySyntaxError` and its kin, with the place."""
    source, notes = source_of(rule.logsource), Notes()
    if not source.known:
        notes.add(f"the log source {rule.logsource} is unknown: fields keep their names, all logs are read")
    context = _Context(rule, schema, source, ValueReader(schema, now, placeholders or {}, notes), notes)
    expr = ir.And((*_source_conditions(context), conditions(rule, lambda name: _named(name, context))))
    return Lowered(expr, source.index, notes.told)


def _source_conditions(context: _Context) -> list[ir.Expr]:
    found: list[ir.Expr] = []
    for name, values in context.source.conditions.items():
        ref = ir.FieldRef(name, ir.Kind.KEYWORD)
        found.append(ir.Equals(ref, values[0]) if len(values) == 1 else ir.In(ref, values))
    return found


def _named(name: str, context: _Context) -> ir.Expr:
    node = context.rule.document.below("detection", name)
    assert node is not None
    return _detection(context.rule.parsed.detection.detections[name], node, context)


def _detection(detection: SigmaDetection, node: yaml.Node, context: _Context) -> ir.Expr:
    """Items in the order in which their nodes stand; a plain value or a list of them is one item."""
    nodes = [node] * len(detection.detection_items)
    if isinstance(node, yaml.MappingNode):
        nodes = [key for key, _ in node.value]
    elif any(isinstance(item, SigmaDetection) for item in detection.detection_items):
        nodes = [found[1] for index in range(len(nodes)) if (found := child(node, index))]
    items = [_part(item, own, context) for item, own in zip(detection.detection_items, nodes, strict=True)]
    return ir.And(tuple(items)) if detection.item_linking is ConditionAND else ir.Or(tuple(items))


def _part(item: SigmaDetection | SigmaDetectionItem, node: yaml.Node, context: _Context) -> ir.Expr:
    if isinstance(item, SigmaDetection):
        return _detection(item, node, context)
    span = span_of(context.text, node)
    try:
        found = _item(item, span, context)
    except UnfitValue as error:
        raise InvalidValue(str(error), context.text, span, hint=error.hint) from None
    return ir.Not(found) if item.negated else found


def _item(item: SigmaDetectionItem, span: Span, context: _Context) -> ir.Expr:
    target = None if item.field is None else _field(item.field, span, context)
    others = [_value(value, target, span, context) for value in item.value]
    if not others and target is not None:
        return ir.Not(_exists(target, context))
    return ir.And(tuple(others)) if item.value_linking is ConditionAND and others else ir.any_of(others)


@dataclass(frozen=True, slots=True)
class _Target:
    """A rule's field in the schema; without `found` it is a group of fields."""

    name: str
    found: SchemaField | None
    ref: ir.FieldRef


def _field(name: str, span: Span, context: _Context) -> _Target:
    own = context.source.field(name, context.schema.registry)
    found = context.schema.resolve(own)
    if found is None and not context.schema.is_group(own):
        raise UnknownField(own, context.text, span, suggestion=context.schema.nearest(own))
    return _Target(own, found, ir.FieldRef(own, found.kind if found else ir.Kind.JSON, span))


def _exists(target: _Target, context: _Context) -> ir.Expr:
    if target.found is not None:
        return ir.Exists(target.ref)
    return ir.any_of([ir.Exists(ir.FieldRef(one.name, one.kind)) for one in context.schema.below(target.name)])


def _value(value: SigmaType, target: _Target | None, span: Span, context: _Context) -> ir.Expr:
    if isinstance(value, SigmaExpansion):
        return ir.any_of([_value(one, target, span, context) for one in value.values])
    if target is None:
        return keyword_condition(value, context.values)
    if target.found is None:
        return context.values.of_group(value, lambda: _exists(target, context))
    return context.values.read(value, target.ref, lambda name: _field(name, span, context).ref)
