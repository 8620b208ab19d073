"""Sigma among the query languages."""

from bartizan.query.language import Language
from bartizan.query.sigma.lower import sigma_to_ir
from bartizan.query.sigma.rule import read_detection_rule

LANGUAGE = Language(parse=read_detection_rule, to_ir=lambda text, schema, now, _: sigma_to_ir(text, schema, now))
