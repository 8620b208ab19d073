"""Simulated logs of a fictional company with an attack in them: test data, demonstrations and benchmarks of any size.

`write` puts a `Scenario` into a folder in the layout of S3; `cloudtrail_records` gives CloudTrail records in memory.
"""

from bartizan.simulate.attack import attack
from bartizan.simulate.attack_step import AttackStep
from bartizan.simulate.errors import ScenarioError, SimulateError
from bartizan.simulate.scenario import Scenario, Summary
from bartizan.simulate.write import cloudtrail_records, write

__all__ = [
    "AttackStep",
    "Scenario",
    "ScenarioError",
    "SimulateError",
    "Summary",
    "attack",
    "cloudtrail_records",
    "write",
]
