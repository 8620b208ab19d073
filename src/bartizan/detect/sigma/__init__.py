"""Sigma's rules (sigmahq.io) as rules of ours: their YAML stays the query, the rest is what it is for people."""
