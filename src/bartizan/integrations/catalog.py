"""All streams there are, found by folder: a folder with a `stream.toml` is a stream."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from bartizan.ecs.registry import Registry
from bartizan.integrations.errors import IntegrationError, UnknownDataset
from bartizan.integrations.stream import Stream, load_stream

SHIPPED = Path(__file__).parent
"""Where the integrations that come with Bartizan are."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The streams by dataset."""

    streams: dict[str, Stream]

    def __iter__(self) -> Iterator[Stream]:
        return iter(self.streams.values())

    def stream(self, dataset: str) -> Stream:
        """The stream of a dataset; raises `UnknownDataset` with the nearest name."""
        if found := self.streams.get(dataset):
            return found
        near = get_close_matches(dataset, self.streams, 1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else "`bartizan integrations list` shows all"
        raise UnknownDataset(f"no integration has the dataset `{dataset}`", hint=hint)

    def kept_for(self, retention_days: Mapping[str, int]) -> "Catalog":
        """The same streams, some datasets kept for so many days; raises `UnknownDataset` for one that doesn't exist."""
        changed = {name: replace(self.stream(name), retention_days=days) for name, days in retention_days.items()}
        return Catalog({**self.streams, **changed})

    def registry(self, ecs: Registry) -> Registry:
        """ECS with the fields and aliases of every integration added."""
        aliases = {stream.name(""): stream.aliases for stream in self if stream.aliases}
        return ecs.with_fields(field for stream in self for field in stream.fields).with_aliases(aliases)


def load_catalog(folders: Iterable[Path] = (SHIPPED,)) -> Catalog:
    """Read every stream below `folders`; two streams with one dataset are an error that names both folders."""
    streams: dict[str, Stream] = {}
    for folder in folders:
        for described in sorted(folder.glob("**/stream.toml")):
            stream = load_stream(described.parent)
            if other := streams.get(stream.dataset):
                raise IntegrationError(
                    f"dataset `{stream.dataset}` is already taken by {other.folder}", where=str(described)
                )
            streams[stream.dataset] = stream
    return Catalog(streams)
