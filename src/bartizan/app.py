"""The composition root: builds everything once from the configuration. Nothing else constructs an engine or a store."""

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from bartizan.alerts.changes import AlertChanges
from bartizan.alerts.store import FOLDER as ALERTS_FOLDER
from bartizan.alerts.store import AlertStore
from bartizan.api.access import access_for
from bartizan.api.services import Limits as ApiLimits
from bartizan.api.services import Services
from bartizan.clock import Clock, system_clock
from bartizan.config import Config
from bartizan.detect.attack.registry import Attack, load_attack
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.outcomes import Outcomes
from bartizan.detect.packs.installed import Installed
from bartizan.detect.rule_check import SampleStore
from bartizan.detect.rulebook import Rulebook, load_rulebook
from bartizan.detect.tuning import Tuning
from bartizan.ecs.registry import Registry, load_registry
from bartizan.engine.address import open_engine
from bartizan.engine.base import Engine
from bartizan.engine.limits import Limits
from bartizan.ingest.codecs import Bounds
from bartizan.ingest.ledger import Ledger
from bartizan.ingest.loader import Loader
from bartizan.ingest.normalize import Normalizer
from bartizan.ingest.objects import Reading
from bartizan.ingest.spool import Spool
from bartizan.ingest.stream_check import Checker
from bartizan.integrations.catalog import SHIPPED, Catalog, load_catalog
from bartizan.integrations.macros import Macros, load_macros
from bartizan.pipeline.detection import Detection
from bartizan.pipeline.intake import Intake
from bartizan.pipeline.responses import Declaring, Responding, responding
from bartizan.query.budget import Budget
from bartizan.query.schema import Schema
from bartizan.query.search import stored_schema
from bartizan.respond.channel import channel
from bartizan.respond.notifier import Notifier
from bartizan.respond.secrets import Secrets
from bartizan.respond.sqlite_outbox import NAME as OUTBOX_NAME
from bartizan.respond.sqlite_outbox import SqliteOutbox

if TYPE_CHECKING:
    from bartizan.cases.casework import Casework
    from bartizan.pipeline.membership import Membership
    from bartizan.state.stores import State

STATE_NAME = "control.sqlite"
"""The control-plane database in the data folder."""

_UNFOLDING = 64
"""How many times its own size an object sent to the API may unfold to, in bytes."""


def shipped_rules() -> Path:
    """Where the rules are that come with Bartizan: in the installed package, or at the top of a checkout."""
    installed = Path(__file__).parent / "rules"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "rules"


class App:
    """Everything a command or the API works with; each part is built when it is first asked for."""

    def __init__(self, config: Config, clock: Clock = system_clock) -> None:
        self.config = config
        self.clock = clock
        self._open = ExitStack()

    def __enter__(self) -> "App":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the engine and the database."""
        self._open.close()

    @cached_property
    def catalog(self) -> Catalog:
        """The integrations, their streams kept for as long as is configured."""
        folders = (SHIPPED, ALERTS_FOLDER, *map(Path, self.config.integrations))
        return load_catalog(folders).kept_for(self.config.retention_days)

    @cached_property
    def macros(self) -> Macros:
        """SQL functions that mappings share."""
        return load_macros()

    @cached_property
    def registry(self) -> Registry:
        """ECS and the integrations' own fields."""
        return self.catalog.registry(load_registry())

    @cached_property
    def engine(self) -> Engine:
        """The engine that holds the store."""
        url = self.config.engine.url or f"chdb://{quote(str((self.config.data / 'engine').absolute()))}"
        return self._opened(url)

    @cached_property
    def state(self) -> "State":
        """The control-plane database; many processes may have it open."""
        from bartizan.state.database import sqlite_url  # noqa: PLC0415 - a quarter of a second for SQLAlchemy
        from bartizan.state.stores import open_state  # noqa: PLC0415

        url = self.config.state.url or sqlite_url(self.config.data / STATE_NAME)
        state = open_state(url, self.clock)
        self._open.callback(state.close)
        return state

    @cached_property
    def casework(self) -> "Casework":
        """Cases and timelines."""
        from bartizan.cases.casework import casework_over  # noqa: PLC0415

        return casework_over(self.state.database, self.config.data / "attachments", self.clock)

    @cached_property
    def intake(self) -> Intake:
        """The way in."""
        ledger = Ledger(self.engine)
        quarantine = self.config.data / "quarantine"
        loader = Loader(
            self.engine,
            self.spool,
            self.catalog,
            self.macros,
            self.registry,
            ledger,
            quarantine,
            order=self.membership,
        )
        return Intake(self.spool, loader, ledger, self.config.namespace)

    @cached_property
    def spool(self) -> Spool:
        """What is acknowledged and not yet loaded."""
        spool = Spool(self.config.data / "spool", self.config.ingest.segment_bytes, self.clock)
        self._open.callback(spool.close)
        return spool

    @cached_property
    def membership(self) -> "Membership | None":
        """This process among the servers that keep one store; an embedded engine's folder is one process' alone."""
        if not self._is_shared:
            return None
        from bartizan.pipeline.membership import Membership, server_id  # noqa: PLC0415 - SQLAlchemy, as above

        folder = self.config.data / "spool"
        membership = Membership(self.state.servers, self.spool, server_id(folder))
        membership.start()
        self._open.callback(membership.stop)
        return membership

    @cached_property
    def normalizer(self) -> Normalizer:
        """Records to documents, nothing stored."""
        return Normalizer(self.scratch, self.macros, self.registry, self.config.namespace, self.clock)

    @property
    def budget(self) -> Budget:
        """What a search may take."""
        engine = self.config.engine
        return Budget(engine.search_timeout_s, engine.search_max_rows, engine.search_max_memory_bytes)

    @cached_property
    def scratch(self) -> Engine:
        """An engine that stores nothing. A process has one embedded engine: don't ask for this and `engine` both."""
        return self._opened("chdb://")

    @cached_property
    def checker(self) -> Checker:
        """The check of integrations."""
        return Checker(
            self.scratch, self.registry, self.macros, self.normalizer, replace(self.reading(), catalog=self.catalog)
        )

    @cached_property
    def attack(self) -> Attack:
        """MITRE ATT&CK."""
        return load_attack()

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rules: those that come with Bartizan, those that were imported, those of the configured folders, and
        those of installed packs."""
        imported = [self.own_rules] if self.own_rules.is_dir() else []
        folders = [shipped_rules(), *imported, *map(Path, self.config.rules)]
        return load_rulebook(folders, self.attack, self.packs)

    @property
    def packs(self) -> Installed:
        """The installed packs of rules."""
        return Installed(self.config.data / "packs")

    @property
    def own_rules(self) -> Path:
        """The folder that rules are imported into."""
        return self.config.data / "rules"

    def rulebook_of(self, folders: Iterable[Path]) -> Rulebook:
        """The rules of these folders alone."""
        return load_rulebook(folders, self.attack)

    @cached_property
    def alerts(self) -> AlertStore:
        """The alerts."""
        intake = self.intake
        return AlertStore(self.engine, intake.spool, intake.loader, self.config.namespace, self.membership)

    @cached_property
    def alert_changes(self) -> AlertChanges:
        """The workflow of the alerts."""
        return AlertChanges(self.engine, self.alerts.table, self.intake.loader.prepare, self.clock)

    @cached_property
    def detection(self) -> Detection:
        """The rules at work."""
        ledger = DetectionLedger(self.engine)
        return Detection(
            self.engine,
            self.rulebook,
            self.registry,
            ledger,
            self.alerts,
            self.clock,
            self.budget,
            membership=self.membership,
            tuning=Tuning(self.state) if self._has_state else None,
            outcomes=self.outcomes,
        )

    @cached_property
    def outcomes(self) -> Outcomes:
        """How the rules' runs went."""
        return Outcomes(self.state.rule_states if self._has_state else None, is_shared=self._is_shared)

    @property
    def _is_shared(self) -> bool:
        """Whether other servers may keep the same store."""
        return self.config.engine.url.startswith("clickhouse")

    @property
    def _has_state(self) -> bool:
        """Whether people have a control-plane database: a throw-away store has none, and need not make one."""
        return bool(self.config.state.url) or (self.config.data / STATE_NAME).exists()

    @cached_property
    def notifier(self) -> Notifier:
        """Tells the connectors of new alerts. Their secrets are read from the environment and files when they send."""
        outbox = SqliteOutbox(self.config.data / OUTBOX_NAME)
        self._open.callback(outbox.close)
        secrets = Secrets(os.environ)
        channels = {
            name: channel(name, settings, self.config.egress, secrets, self.clock)
            for name, settings in self.config.connectors.items()
        }
        return Notifier(channels, self.config.notify, outbox, self.clock)

    @property
    def declaring(self) -> Declaring:
        """Who may declare which response actions, and the connectors there are."""
        own = self.config.respond
        return Declaring(
            frozenset(self.config.connectors), frozenset(own.file_privileges), frozenset(own.api_privileges)
        )

    def responding(self) -> Mapping[str, Responding]:
        """What rules want told and done about their alerts, as it is now, by the rule's id."""
        stored = self.state.rule_responses.all() if self._has_state else {}
        return responding(self.rulebook, stored, self.declaring)

    @property
    def sample_store(self) -> SampleStore:
        """The store as a place to try rules on samples: give it a throw-away data folder."""
        intake = self.intake
        return SampleStore(
            self.engine,
            intake.spool,
            intake.loader,
            self.reading(),
            self.registry,
            self.config.namespace,
            self.alerts.add,
        )

    def services(self) -> Services:
        """What the API works with. Raises `Exposed` when it would listen beyond loopback without a key."""
        serve, ingest = self.config.serve, self.config.ingest
        access = access_for(serve.host, serve.api_key)
        state = self.state
        return Services(
            engine=self.engine,
            intake=self.intake,
            detection=self.detection,
            rulebook=self.rulebook,
            rules_of=self.rulebook_of,
            alerts=self.alerts,
            alert_changes=self.alert_changes,
            schema=self.schema,
            reading=self.reading,
            clock=self.clock,
            incoming=self.config.data / "spool" / "incoming",
            access=access,
            limits=ApiLimits(ingest.max_request_bytes, ingest.max_request_bytes * _UNFOLDING, self.budget),
            state=state,
            casework=self.casework,
            lookups=self.lookups,
            notifier=self.notifier,
            responding=self.responding,
            declaring=self.declaring,
        )

    @property
    def lookups(self) -> tuple[Path, ...]:
        """Folders of lookup tables."""
        return tuple(map(Path, self.config.lookups))

    def schema(self) -> Schema:
        """The columns of every stream, as they are now."""
        return stored_schema(self.engine, self.registry)

    def reading(self, dataset: str | None = None) -> Reading:
        """How objects are read; `dataset` names it for all of them. No object is read as alerts."""
        bounds = Bounds(self.config.ingest.max_object_bytes, self.config.ingest.max_ratio)
        catalog = Catalog({stream.dataset: stream for stream in self.catalog if stream.type != "alerts"})
        if dataset:
            catalog.stream(dataset)
        return Reading(catalog, bounds, self.config.ingest.piece_bytes, dataset)

    def _opened(self, url: str) -> Engine:
        engine = open_engine(url, Limits(self.config.engine.max_memory_bytes, self.config.engine.max_threads))
        self._open.callback(engine.close)
        return engine
