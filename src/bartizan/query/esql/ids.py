"""Names for columns within SQL: no name that a query gives is one there."""

import itertools
from collections.abc import Iterable, Iterator


class Ids:
    """Hands out `c1`, `c2` and so on; `taken` are names of stored columns, which stay apart."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        prefix = "c"
        names = tuple(taken)
        while any(name.startswith(prefix) and name[len(prefix) :].isdecimal() for name in names):
            prefix = f"_{prefix}"
        self._names: Iterator[str] = (f"{prefix}{number}" for number in itertools.count(1))

    def new(self) -> str:
        """A name that wasn't given before."""
        return next(self._names)
