"""Numeric intervals (`<1-100>`) as alternatives of digits, for regular expressions that have no numbers."""


def interval(low: str, high: str) -> str:
    """RE2 text for the decimal numbers from `low` to `high`, both digits only and in this order.

    Ends of equal length fix the number of digits; otherwise any number of leading zeros is accepted.
    Source: Elasticsearch, "Regular expression syntax", `INTERVAL`.
    """
    if len(low) == len(high):
        return f"(?:{_same_length(low, high)})"
    first, last = int(low), int(high)
    blocks = [
        _same_length(str(max(first, _least(length))), str(min(last, 10**length - 1)))
        for length in range(len(str(first)), len(str(last)) + 1)
    ]
    return f"0*(?:{'|'.join(blocks)})"


def _least(length: int) -> int:
    return 10 ** (length - 1) if length > 1 else 0


def _same_length(low: str, high: str) -> str:
    rest = len(low) - 1
    if low == high:
        return low
    if not rest:
        return f"[{low}-{high}]"
    if set(low) == {"0"} and set(high) == {"9"}:
        return f"[0-9]{{{rest + 1}}}"
    if low[0] == high[0]:
        return f"{low[0]}(?:{_same_length(low[1:], high[1:])})"
    return "|".join(_spread(low, high, rest))


def _spread(low: str, high: str, rest: int) -> list[str]:
    """The numbers that begin as `low` does, those between, and those that begin as `high` does."""
    parts = [f"{low[0]}(?:{_same_length(low[1:], '9' * rest)})"]
    between = int(low[0]) + 1, int(high[0]) - 1
    if between[0] <= between[1]:
        parts.append(f"[{between[0]}-{between[1]}][0-9]{{{rest}}}")
    return [*parts, f"{high[0]}(?:{_same_length('0' * rest, high[1:])})"]
