"""The candidates as the engine gives them, and what of them a match stands for."""

from collections.abc import Iterable
from itertools import chain

import pyarrow as pa

from bartizan.query.errors import QueryError
from bartizan.query.sequence.arrived import Arrivals
from bartizan.query.sequence.candidates import EVENTS, Candidates
from bartizan.query.sequence.events import Events, Match
from bartizan.query.sequence.fetch import EventIdentity
from bartizan.query.sequence.settings import Asked


class CandidateTable:
    """The rows of a `candidates` statement. Raises `QueryError` for more events than the bound."""

    def __init__(self, table: pa.Table, statement: Candidates, asked: Asked) -> None:
        lists = _one_chunk(table.column(EVENTS))
        columns = lists.flatten().flatten()
        if len(columns[0]) > asked.max_candidates:
            raise QueryError(
                f"{len(columns[0])} events could belong to the sequence, {asked.max_candidates} are the most",
                hint="ask for less time, or make the conditions or the `by` fields more selective",
            )
        self._keys = statement.keys
        self._key_columns = [table.column(name) for name in statement.keys.names]
        arrivals, masks, self._identities, self._streams = columns[-4:]
        starts = lists.offsets.to_pylist() if len(lists) else [0]
        self.events = Events(starts, columns[0].to_pylist(), masks.to_pylist())
        self._arrivals = arrivals

    @property
    def arrivals(self) -> Arrivals:
        """When each event arrived."""
        return Arrivals(self._arrivals.to_pylist(), self._streams.to_pylist())

    def identity(self, event: int) -> EventIdentity:
        """What tells the event at this position from all others."""
        return EventIdentity(self._streams[event].as_py(), self.events.times[event], self._identities[event].as_py())

    def identities(self, matches: Iterable[Match]) -> set[EventIdentity]:
        """Every event of `matches`."""
        return set(map(self.identity, chain.from_iterable(match.events for match in matches)))

    def key(self, number: int) -> tuple[str | None, ...]:
        """The values of a key; None for no value."""
        return self._keys.values([column[number].as_py() for column in self._key_columns])


def _one_chunk(column: pa.ChunkedArray) -> pa.ListArray:
    together = column.combine_chunks()
    return together if not isinstance(together, pa.ChunkedArray) else pa.concat_arrays(together.chunks)
