"""What stores a dataset's records, made out of its mapping when first asked for and kept: that takes as long as a small
segment. It is the same for every stream of the dataset: a stream's name and namespace are parameters."""

from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine, rows
from bartizan.engine.columns import Column, stored
from bartizan.engine.inserts import UNOPTIMISED, prepare_insert
from bartizan.engine.literals import date_text_of
from bartizan.engine.statements import Prepared, put_source
from bartizan.engine.tables import Table
from bartizan.ingest.rows import load_select, quick_select, whole_select
from bartizan.ingest.segment import STRUCTURE
from bartizan.integrations.catalog import Catalog
from bartizan.integrations.macros import Macros
from bartizan.integrations.mapping import Mapping, load_mapping


@dataclass(frozen=True)
class DatasetInserts:
    """The table and the inserts of one dataset's streams. Parameters of the inserts: `{table: Identifier}`,
    `{namespace: String}`, `{ingested: DateTime64(3, 'UTC')}`."""

    engine: Engine
    mapping: Mapping
    registry: Registry

    def table(self, stream: str) -> Table:
        """The stream's table."""
        described = self.mapping.stream
        sort_key, days = described.sort_key, described.retention_days
        return Table(stream, self.columns, sort_key, days, described.is_updatable)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of each stream's table, as the engine describes the mapping's."""
        whole = whole_select(self.mapping, load_select(self.mapping))
        pieces = put_source(whole, exp.func("null", exp.Literal.string(STRUCTURE)))
        parameters = {"ingested": date_text_of(0), "namespace": ""}
        described = exp.Describe(this=exp.Subquery(this=pieces))
        given = rows(self.engine, described, parameters, settings=UNOPTIMISED)
        derived = {column.alias: column.this for column in self.mapping.derived}
        return tuple(stored(one["name"], one["type"], self.registry, derived.get(one["name"])) for one in given)

    @cached_property
    def thorough(self) -> Prepared:
        """The insert that takes every segment."""
        return _insert_of(load_select(self.mapping))

    @cached_property
    def quick(self) -> Prepared:
        """The insert of a segment whose pieces are all of `QUICK_FRAMINGS`."""
        return _insert_of(quick_select(self.mapping))


class Inserts:
    """Those of all datasets of a catalogue, for loaders over one engine."""

    def __init__(self, engine: Engine, catalog: Catalog, macros: Macros, registry: Registry) -> None:
        self._engine = engine
        self._catalog = catalog
        self._macros = macros
        self._registry = registry
        self._made: dict[str, DatasetInserts] = {}

    def of(self, dataset: str) -> DatasetInserts:
        """Raises `UnknownDataset`, and `IntegrationError` for a mapping that can't be read."""
        if dataset not in self._made:
            mapping = load_mapping(self._catalog.stream(dataset), self._macros)
            self._made[dataset] = DatasetInserts(self._engine, mapping, self._registry)
        return self._made[dataset]


def _insert_of(select: exp.Select) -> Prepared:
    """The insert of what a SELECT gives; every level of a statement costs a hundredth of a second of analysis."""
    return prepare_insert(exp.Placeholder(this="table", kind="Identifier"), select.named_selects, select)
