"""Sigma rules (sigmahq.io) as queries: YAML in, the IR, the streams to read and what a user should know out."""
