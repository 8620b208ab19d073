"""One step of the simulated attack: the name under which a rule's author finds it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AttackStep:
    """What the attacker did, where it is logged and which ATT&CK technique it is."""

    time: datetime
    source: str
    """The log and, for CloudTrail, the service: `iam.amazonaws.com`, `aws.waf`, `aws.vpcflow`."""
    event_name: str
    technique: str
    """ATT&CK 18.1 id, such as `T1562.008`."""
    actor: str = ""
    """Whose credentials were used; empty for network traffic."""
    events: int = 1
    """How many records it left."""
