"""Elasticsearch's Query DSL among the query languages."""

from bartizan.query.language import Language
from bartizan.query.query_dsl.lower import dsl_to_ir, parse

LANGUAGE = Language(parse=parse, to_ir=lambda text, schema, now, _: dsl_to_ir(text, schema, now))
