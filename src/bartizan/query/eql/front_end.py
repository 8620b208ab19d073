"""EQL among the query languages."""

from bartizan.query.eql.lower import eql_to_ir
from bartizan.query.eql.parser import parse
from bartizan.query.eql.wanted import eql_to_wanted
from bartizan.query.language import Language

LANGUAGE = Language(
    parse=parse,
    to_ir=lambda text, schema, now, fields: eql_to_ir(text, schema, now, fields.event_category),
    wanted=lambda text, schema, now, fields: eql_to_wanted(text, schema, now, fields.event_category),
)
