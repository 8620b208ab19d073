"""A connector that is set up: its settings, its secrets and where it may connect."""

from dataclasses import dataclass
from typing import Any

from bartizan.clock import Clock
from bartizan.connector_config import Connector, EgressConfig
from bartizan.respond.connectors.registry import build
from bartizan.respond.dial import Dial
from bartizan.respond.egress import Egress, allowed
from bartizan.respond.errors import RespondError
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets
from bartizan.respond.sender import send


@dataclass(frozen=True, slots=True)
class Channel:
    """Tells notifications by one connector."""

    name: str
    settings: Connector
    secrets: Secrets
    dial: Dial
    clock: Clock

    def send(self, notification: Notification) -> str:
        """One attempt; gives what the target said. Raises `RespondError`s that name the connector."""
        now = self.clock()
        try:
            return send(build(self.settings, self.secrets, notification, now), self.dial, now)
        except RespondError as error:
            error.where = f"connector {self.name}{f', {error.where}' if error.where else ''}"
            raise


def channel(
    name: str, settings: Connector, egress: EgressConfig, secrets: Secrets, clock: Clock, **dial: Any
) -> Channel:
    """Set a connector up; raises `BartizanError` that names a setting which lists no network."""
    rules = Egress(
        egress.public,
        allowed(egress.allow, "egress.allow"),
        allowed(settings.allow, f"connectors.{name}.allow"),
    )
    return Channel(name, settings, secrets, Dial(rules, settings.timeout_s, **dial), clock)
