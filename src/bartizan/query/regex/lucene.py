"""Placeholder until merged."""


def lucene_to_re2(pattern: str) -> str:
    return f"^(?s:{pattern})$"
