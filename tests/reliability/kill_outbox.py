"""Offers alerts to an outbox and sends them, until it is killed: `python -m tests.reliability.kill_outbox FILE URL`."""

import itertools
import sys
from pathlib import Path

from bartizan.clock import system_clock
from bartizan.connector_config import EgressConfig, NotifyRoute, WebhookConfig
from bartizan.respond.channel import channel
from bartizan.respond.notifier import Notifier
from bartizan.respond.secrets import Secrets
from bartizan.respond.sqlite_outbox import SqliteOutbox


def notifier(outbox: SqliteOutbox, url: str) -> Notifier:
    """One connector, with many tokens."""
    settings = WebhookConfig(url=url, max_per_period=100_000, period_s=1)
    made = channel("hook", settings, EgressConfig(allow=("127.0.0.1",)), Secrets({}), system_clock)
    return Notifier({"hook": made}, [NotifyRoute(("hook",))], outbox, system_clock)


def main(file: str, url: str, run: str) -> None:
    """Print the id of each alert once it is taken."""
    running = notifier(SqliteOutbox(Path(file)), url)
    running.start()
    for number in itertools.count():
        id = f"{run}-{number}"
        running.offer([{"alert": {"id": id, "severity": "low"}, "rule": {"name": "r"}}])
        sys.stdout.write(f"{id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
