"""KQL among the query languages."""

from bartizan.query.kql.lower import kql_to_ir
from bartizan.query.kql.parser import parse
from bartizan.query.language import Language

LANGUAGE = Language(parse=parse, to_ir=lambda text, schema, now, _: kql_to_ir(text, schema, now))
