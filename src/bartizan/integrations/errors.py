"""What can be wrong with an integration's own files."""

from bartizan.errors import BartizanError, Terminal


class IntegrationError(BartizanError, Terminal):
    """A stream's `stream.toml`, `fields.toml`, `mapping.sql` or samples are not what they should be."""


class WrongCall(IntegrationError):
    """A macro is called with a number of arguments that it doesn't take."""

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line
        """Where in its text the call stands, counted from 1."""


class UnknownDataset(IntegrationError):
    """No integration has the dataset that was asked for."""
