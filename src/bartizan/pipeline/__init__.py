"""Joins the stages: what comes in is stored, rules run over what is stored."""
