"""Digests of texts (elastic.co, ES|QL "String functions": HASH, MD5, SHA1, SHA256)."""

from collections.abc import Mapping

from bartizan.query.esql.functions.signature import TEXT, Built, Function, gives
from bartizan.query.esql.typed import Mistake, Tree, Type
from bartizan.query.sql import call

_HASHES = {
    "md5": "MD5",
    **dict.fromkeys(("sha", "sha1", "sha-1"), "SHA1"),
    **{f"sha{dash}{size}": f"SHA{size}" for size in (224, 256, 384, 512) for dash in ("", "-")},
}


def _digest(function: str) -> Function:
    return Function((TEXT,), gives(Type.KEYWORD, lambda built: call("lower", call("hex", call(function, built[0])))))


def _hash(built: Built) -> Tree:
    function = _HASHES.get(built.text(0).lower())
    if function is None:
        raise Mistake(f"`{built.text(0)[:40]}` is no algorithm", "take MD5, SHA-1, SHA-256 or SHA-512", 0)
    return call("lower", call("hex", call(function, built[1])))


HASHES: Mapping[str, Function] = {
    "hash": Function((TEXT, TEXT), gives(Type.KEYWORD, _hash)),
    "md5": _digest("MD5"),
    "sha1": _digest("SHA1"),
    "sha256": _digest("SHA256"),
}
"""Digests of texts, in lower case hexadecimal."""
