"""Texts that nobody would write: mutations of good queries, their tokens in another order, and noise."""

import re
from collections.abc import Callable, Sequence
from random import Random

HOSTILE = (
    *(
        "\x00",
        "\n",
        "\t",
        "\r\n",
        "\u202e",
        "\u200f",
        "\ufeff",
        "\u3000",
        "\x85",
        "\ud800",
        "\udfff",
        "\U0001f600",
        "ß",
    ),
    *("'", '"', "`", "\\", "\\u", "\\ud83d", "\\x41", "%", "_", "--", ";", "/*", "*/", "$$", "{p0:String}", "NULL"),
    *("' OR 1=1 --", "'); DROP TABLE events; --", "file('/etc/passwd')", "') UNION ALL SELECT 1 --", "${7*7}", "%s"),
    *(
        "-1",
        "1e999",
        "99999999999999999999",
        "0x10",
        "NaN",
        "10.0.0.0/33",
        "::1",
        "now-1d/d",
        "now+999999y",
        "0000-00-00",
    ),
    *(
        "*",
        "?",
        "**",
        "~",
        "^",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "<",
        ">",
        "=",
        "!",
        "&",
        "|",
        ":",
        ",",
        ".",
        "/",
        "#",
        "@",
    ),
    *(
        " and ",
        " or ",
        " not ",
        " AND ",
        " OR ",
        " NOT ",
        " TO ",
        " where ",
        " in ",
        " like~ ",
        " regex ",
        "null",
        "true",
    ),
)
_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_WORD = re.compile(r'"[^"]*"|[\w.@]+')
_BRACKETS = ("()", "[]", "{}", '""', "''", "//", ("not (", ")"), ("{ a: ", " }"), ('{"bool": {"must": [', "]}}"))
MAX_DEEP = 400
"""Deepest nesting that is put around a text."""
MAX_CHARS = 4000
"""Most characters of a text; longer ones are cut."""


def mutated(random: Random, seeds: Sequence[str], tokens: Sequence[str]) -> str:
    """One text: one in ten is made of tokens alone, the others of a seed changed once to five times."""
    if random.random() < 0.1:
        return "".join(random.choices(tokens, k=random.randint(1, 25)))
    text = random.choice(seeds)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5))):
        text = random.choice(_MUTATIONS)(random, text, seeds)[:MAX_CHARS]
    return text


def tokens_of(seeds: Sequence[str]) -> tuple[str, ...]:
    """The tokens of all seeds, each as often as it stands there, and what is hostile."""
    return tuple(token for seed in seeds for token in _TOKEN.findall(seed)) + HOSTILE * 3


def _cut(random: Random, text: str) -> tuple[int, int]:
    start = random.randint(0, len(text))
    return start, min(len(text), start + random.randint(0, 12))


def _insert(random: Random, text: str, seeds: Sequence[str]) -> str:
    start = random.randint(0, len(text))
    return text[:start] + random.choice(HOSTILE) + text[start:]


def _replace(random: Random, text: str, seeds: Sequence[str]) -> str:
    start, end = _cut(random, text)
    return text[:start] + random.choice(HOSTILE) + text[end:]


def _delete(random: Random, text: str, seeds: Sequence[str]) -> str:
    start, end = _cut(random, text)
    return text[:start] + text[end:]


def _repeat(random: Random, text: str, seeds: Sequence[str]) -> str:
    start, end = _cut(random, text)
    return text[:start] + text[start:end] * random.choice((2, 2, 3, 10, 300)) + text[end:]


def _truncate(random: Random, text: str, seeds: Sequence[str]) -> str:
    start, _ = _cut(random, text)
    return text[:start] if random.random() < 0.7 else text[start:]


def _splice(random: Random, text: str, seeds: Sequence[str]) -> str:
    start, end = _cut(random, text)
    other = random.choice(seeds)
    begin = random.randint(0, len(other))
    return text[:start] + other[begin : begin + random.randint(1, 60)] + text[end:]


def _swap(random: Random, text: str, seeds: Sequence[str]) -> str:
    """A name or a value becomes another one: what is left can often be read."""
    words, others = list(_WORD.finditer(text)), _WORD.findall(random.choice(seeds))
    if not words or not others:
        return text
    found = random.choice(words)
    return text[: found.start()] + random.choice(others) + text[found.end() :]


def _shuffle(random: Random, text: str, seeds: Sequence[str]) -> str:
    tokens = _TOKEN.findall(text)
    start = random.randint(0, len(tokens))
    some = tokens[start : start + 8]
    random.shuffle(some)
    return "".join([*tokens[:start], *some, *tokens[start + 8 :]])


def _nest(random: Random, text: str, seeds: Sequence[str]) -> str:
    opening, closing = random.choice(_BRACKETS)
    start, end = _cut(random, text)
    depth = random.choice((1, 1, 2, 5, 30, MAX_DEEP))
    return text[:start] + opening * depth + text[start:end] + closing * depth + text[end:]


def _flip(random: Random, text: str, seeds: Sequence[str]) -> str:
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(random.randint(1, 3) if raw else 0):
        raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    return raw.decode("utf-8", "surrogateescape")


def _any_character(random: Random, text: str, seeds: Sequence[str]) -> str:
    start, end = _cut(random, text)
    return text[:start] + chr(random.randrange(random.choice((128, 0x3000, 0x110000)))) + text[min(end, start + 1) :]


def _case(random: Random, text: str, seeds: Sequence[str]) -> str:
    start, end = _cut(random, text)
    return text[:start] + text[start:end].swapcase() + text[end:]


_MUTATIONS: tuple[Callable[[Random, str, Sequence[str]], str], ...] = (
    *(_insert, _replace, _delete, _repeat, _truncate, _splice, _shuffle, _nest, _flip, _any_character, _case),
    *(_swap, _swap, _swap, _swap),
)
