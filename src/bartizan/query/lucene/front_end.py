"""Lucene among the query languages."""

from bartizan.query.language import Language
from bartizan.query.lucene.lower import lucene_to_ir
from bartizan.query.lucene.parser import parse

LANGUAGE = Language(parse=parse, to_ir=lambda text, schema, now, _: lucene_to_ir(text, schema, now))
