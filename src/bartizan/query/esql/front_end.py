"""ES|QL as the others know it: its AST, and tables in the place of conditions."""

from datetime import datetime

from bartizan.query import ir
from bartizan.query.errors import QueryError
from bartizan.query.esql.compile import compile_esql
from bartizan.query.esql.parser import parse
from bartizan.query.language import Language
from bartizan.query.query_fields import QueryFields
from bartizan.query.schema import Schema


def _no_condition(text: str, schema: Schema, now: datetime, fields: QueryFields) -> ir.Expr:
    del text, schema, now, fields
    raise QueryError("an ES|QL query gives a table, it is no condition on events", hint="run it as a search")


LANGUAGE = Language(parse=parse, to_ir=_no_condition, table=compile_esql)
