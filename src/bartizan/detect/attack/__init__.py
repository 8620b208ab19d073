"""MITRE ATT&CK Enterprise as facts: a rule's `TA0005/T1562.008` comes in, named tactics and techniques go out.

(c) The MITRE Corporation. ATT&CK is reproduced and distributed with the permission of The MITRE Corporation.
"""

from bartizan.detect.attack.registry import ATTACK_VERSION, Attack, AttackError, Tactic, Technique, Threat, load_attack

__all__ = ["ATTACK_VERSION", "Attack", "AttackError", "Tactic", "Technique", "Threat", "load_attack"]
