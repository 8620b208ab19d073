"""What can go wrong while logs are simulated: a scenario that can't be written."""

from bartizan.errors import BartizanError, Terminal


class SimulateError(BartizanError):
    """The base of every error of this stage."""


class ScenarioError(SimulateError, Terminal):
    """A scenario asks for something that no set of logs can hold; the message names the setting."""
