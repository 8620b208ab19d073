"""Lucene's query string language, as Elasticsearch's `query_string` reads it: grammar -> AST with positions -> IR."""
