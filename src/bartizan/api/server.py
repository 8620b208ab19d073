"""The server: resources, guard, error shape and worker put together over the services."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from bartizan import __version__
from bartizan.api import (
    alert_changes,
    alerts,
    attachments,
    case_alerts,
    case_comments,
    cases,
    connectors,
    coverage,
    exception_previews,
    exceptions,
    health,
    ingest,
    jobs,
    observables,
    packs,
    rule_backfills,
    rule_gaps,
    rule_previews,
    rules,
    search,
    timelines,
    value_lists,
)
from bartizan.api.background import BackgroundJobs
from bartizan.api.change_runner import ChangeRunner
from bartizan.api.errors import install_handlers
from bartizan.api.guard import Guard
from bartizan.api.reception import Receiver
from bartizan.api.route import PREFIX, Served, add_routes
from bartizan.api.services import Limits, Services
from bartizan.api.threads import Threads
from bartizan.api.worker import Worker
from bartizan.cases.attachment_files import MAX_ATTACHMENT_BYTES

OPENAPI_PATH = "/api/openapi.json"

RESOURCES = {
    "health": health.ROUTES,
    "ingest": ingest.ROUTES,
    "search": search.ROUTES,
    "alerts": (*alert_changes.ROUTES, *alerts.ROUTES),
    "rules": (*coverage.ROUTES, *rule_gaps.ROUTES, *rules.ROUTES, *rule_previews.ROUTES, *rule_backfills.ROUTES),
    "packs": packs.ROUTES,
    "connectors": connectors.ROUTES,
    "cases": (
        *cases.ROUTES,
        *case_comments.ROUTES,
        *case_alerts.ROUTES,
        *observables.ROUTES,
        *attachments.ROUTES,
    ),
    "timelines": timelines.ROUTES,
    "exceptions": (*exceptions.ROUTES, *exception_previews.ROUTES),
    "value lists": value_lists.ROUTES,
    "jobs": jobs.ROUTES,
}


def build(services: Services) -> FastAPI:
    """The ASGI application. Its worker runs from start-up to shutdown; an application is started once."""
    worker = Worker(services.intake, services.detection, partial(_notify, services), services.clock)
    receiver = Receiver(services.intake, worker, services.limits.max_backlog_bytes)
    serving = Served(
        services,
        worker,
        receiver,
        Threads(),
        ChangeRunner(services.alert_changes, services.state.leases if services.detection.membership else None),
        BackgroundJobs(services.engine, services.clock),
    )
    server = FastAPI(
        title="Bartizan",
        version=__version__,
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    server.state.served = serving
    server.add_middleware(Guard, access=services.access, limits=services.limits, objects=_objects(services.limits))
    install_handlers(server)
    for tag, routes in RESOURCES.items():
        add_routes(server, tag, routes)
    return server


def _notify(services: Services) -> int:
    """Hand new alerts to the connectors, as the routes and the rules want it now."""
    chosen = {id: one.choice for id, one in services.responding().items()}
    return services.notifier.catch_up(services.alerts, chosen)


def _objects(limits: Limits) -> dict[re.Pattern[str], int]:
    """Paths that take a body of any type, and its bytes."""
    sizes = {
        ingest.PATH: limits.max_object_bytes,
        attachments.PATH: MAX_ATTACHMENT_BYTES,
        value_lists.VALUES_PATH: value_lists.MAX_FILE_BYTES,
    }
    return {re.compile(PREFIX + path.replace("{id}", "[^/]+")): size for path, size in sizes.items()}


@asynccontextmanager
async def _lifespan(server: FastAPI) -> AsyncIterator[None]:
    serving: Served = server.state.served
    serving.services.incoming.mkdir(parents=True, exist_ok=True)
    serving.services.notifier.start()
    serving.worker.start()
    await serving.threads.call(serving.changes.start)
    try:
        yield
    finally:
        await serving.threads.call(serving.changes.stop)
        await serving.threads.call(serving.background.close)
        await serving.threads.call(serving.worker.stop)
        await serving.threads.call(serving.services.notifier.stop)
        serving.threads.close()
