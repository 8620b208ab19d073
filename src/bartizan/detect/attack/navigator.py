"""Layers for MITRE's ATT&CK Navigator, format 4.5 (github.com/mitre-attack/attack-navigator, layers/spec/v4.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bartizan.detect.attack.registry import ATTACK_VERSION

LAYER_VERSION = "4.5"
NAVIGATOR_VERSION = "5.1.0"
"""A release that reads the format."""
_COLORS = ("#f2f2f2", "#8ec6ff", "#1f6feb")


@dataclass(frozen=True, slots=True)
class Cell:
    """A technique of the layer."""

    technique_id: str
    tactic: str
    """Short name."""
    score: int
    comment: str
    metadata: tuple[tuple[str, str], ...]


def layer(name: str, description: str, cells: Iterable[Cell]) -> dict[str, Any]:
    """The layer as its JSON says it. Colours go from no score to the highest."""
    techniques = [_technique(cell) for cell in cells]
    return {
        "name": name,
        "versions": {
            "attack": ATTACK_VERSION.partition(".")[0],
            "navigator": NAVIGATOR_VERSION,
            "layer": LAYER_VERSION,
        },
        "domain": "enterprise-attack",
        "description": description,
        "sorting": 3,
        "hideDisabled": False,
        "techniques": techniques,
        "gradient": {
            "colors": list(_COLORS),
            "minValue": 0,
            "maxValue": max((one["score"] for one in techniques), default=1) or 1,
        },
        "showTacticRowBackground": False,
        "selectTechniquesAcrossTactics": False,
        "selectSubtechniquesWithParent": False,
    }


def _technique(cell: Cell) -> dict[str, Any]:
    return {
        "techniqueID": cell.technique_id,
        "tactic": cell.tactic,
        "score": cell.score,
        "comment": cell.comment,
        "enabled": True,
        "metadata": [{"name": name, "value": value} for name, value in cell.metadata],
        "showSubtechniques": "." in cell.technique_id,
    }
