"""Log lines as `what key=value`: values that could pass for something else are quoted, hostile ones stay values."""

import re

_PLAIN = re.compile(r"[\w./:@+-]{1,200}")
MAX_VALUE_CHARACTERS = 500


def key_values(what: str, **values: object) -> str:
    """One line. Don't hand it secrets."""
    return " ".join([what, *(f"{name}={_shown(value)}" for name, value in values.items())])


def _shown(value: object) -> str:
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    return ascii(text[:MAX_VALUE_CHARACTERS])
