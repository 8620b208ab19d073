"""Sigma among the query languages."""

from bartizan.query.language import Language
from bartizan.query.sigma.lower import sigma_to_ir
from bartizan.query.sigma.rule import read_rules
from bartizan.query.sigma.wanted import sigma_to_wanted

LANGUAGE = Language(
    parse=read_rules,
    to_ir=lambda text, schema, now, _: sigma_to_ir(text, schema, now),
    wanted=lambda text, schema, now, _: sigma_to_wanted(text, schema, now),
)
