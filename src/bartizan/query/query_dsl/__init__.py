"""Elasticsearch's Query DSL, and Kibana's filters, which are made of it."""
