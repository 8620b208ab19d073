"""Which lookup tables there are: those handed in, and CSV files of folders, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bartizan.query.esql.lookup_files import read_table
from bartizan.query.esql.tables import LookupTable

_SUFFIX = ".csv"


@dataclass(frozen=True, slots=True)
class Lookups:
    """Tables by name: those of enrich policies and of lookup indices alike. A file is read when it is asked for."""

    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    folders: Sequence[Path] = ()

    def names(self) -> list[str]:
        """What there is."""
        return sorted({*self.tables, *self._files()})

    def find(self, name: str) -> LookupTable | None:
        """The table of a name, None if there is none. Raises `UnreadableFile`."""
        if name in self.tables:
            return self.tables[name]
        file = self._files().get(name)
        return None if file is None else read_table(file)

    def _files(self) -> dict[str, Path]:
        return {file.stem: file for folder in self.folders for file in folder.glob(f"*{_SUFFIX}") if file.is_file()}


NO_LOOKUPS = Lookups()
"""There are none."""
