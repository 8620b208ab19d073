"""What can go wrong with a delivery. Texts name host and status, never an address's path or a secret."""

from bartizan.errors import BartizanError, Terminal, Transient


class RespondError(BartizanError):
    """Base of this stage's errors."""


class EgressRefused(RespondError, Terminal):
    """The target is an address that connectors may not reach."""


class DeliveryRefused(RespondError, Terminal):
    """The target doesn't take this delivery, now or later."""


class DeliveryFailed(RespondError, Transient):
    """The target was not reached, or can't take the delivery now."""

    def __init__(self, message: str, *, where: str = "", hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.retry_after_s = retry_after_s
        """Seconds the target asks to wait; None when it doesn't say."""


class SecretMissing(RespondError, Transient):
    """A connector's secret is not where its settings say: whoever sets it up can still put it there."""


class OutboxError(RespondError, Transient):
    """The outbox can't be read or written."""


class UnknownConnector(RespondError, Terminal):
    """No connector has this name."""


class ActionInvalid(RespondError, Terminal):
    """A response action that doesn't exist or lacks something."""


class NotAuthorised(RespondError, Terminal):
    """A response action that this user may not declare."""
