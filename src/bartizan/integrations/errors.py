"""What can be wrong with an integration's own files."""

from bartizan.errors import BartizanError, Terminal


class IntegrationError(BartizanError, Terminal):
    """A stream's `stream.toml`, `fields.toml`, `mapping.sql` or samples are not what they should be."""


class UnknownDataset(IntegrationError):
    """No integration has the dataset that was asked for."""
