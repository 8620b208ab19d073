"""`/packs`: the packs of rules that the server has loaded, what is tuned of them, and the conflicts that wait."""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel

from bartizan.api.errors import NotFound, Problem, problem_of
from bartizan.api.route import Route, Serving
from bartizan.detect.packs.loaded import LoadedPack, PackRule
from bartizan.detect.packs.merge import MergedField


class Signer(BaseModel):
    """Whose key signed a pack."""

    name: str
    """As the key's file is called."""
    fingerprint: str


class PackSummary(BaseModel):
    """A pack in the list."""

    id: str
    name: str
    version: str
    """Semantic version."""
    description: str
    author: str
    signer: Signer | None
    """Null for a pack that was taken unsigned."""
    rules: int
    tuned: int
    """Of the rules, those that were changed here."""
    conflicts: int
    """Fields that wait for a decision."""


class FailedPack(BaseModel):
    """A pack that is not loaded."""

    id: str
    problem: Problem


class PackList(BaseModel):
    """The installed packs, as they were when the server started."""

    packs: list[PackSummary]
    failed: list[FailedPack]
    """Packs whose signature or files don't fit."""


class PackField(BaseModel):
    """A field of a tuned rule on which base, yours and theirs don't agree; null is a value that is not there."""

    field: str
    outcome: Literal["kept", "taken", "same", "merged", "conflict"]
    """`kept` is yours, `taken` the pack's, `merged` a list with the changes of both; in a `conflict` yours is in
    force."""
    base: Any
    """What the pack said when the rule was tuned or last brought up to date."""
    yours: Any
    theirs: Any
    """What the pack says now."""
    value: Any
    """What is in force."""


class PackRuleAnswer(BaseModel):
    """A rule of a pack."""

    id: str
    name: str
    version: str | None
    """Of the pack that has it; null for a rule that it has no more and that stays because it was tuned."""
    is_tuned: bool
    fields: list[PackField]
    problem: Problem | None
    """Why the pack's changes could not be merged: what was tuned is in force as a whole."""


class PackDetail(PackSummary):
    """All of a pack."""

    rule_list: list[PackRuleAnswer]
    problems: list[Problem]
    """Rules and tuned copies that can't be read."""


class Conflict(PackField):
    """A field that you and a pack have both changed, each otherwise."""

    pack: str
    rule: str
    """Id."""
    name: str
    """The rule's."""


class Conflicts(BaseModel):
    """What waits for a decision."""

    conflicts: list[Conflict]


PackId = Annotated[str, Path(max_length=64)]


async def packs(serving: Serving) -> PackList:
    """List packs of rules."""
    found = serving.services.rulebook.packs
    return PackList(
        packs=[PackSummary.model_validate(_summary(pack)) for pack in found.loaded],
        failed=[FailedPack(id=id, problem=problem_of(error)) for id, error in found.failed.items()],
    )


async def pack(serving: Serving, id: PackId) -> PackDetail:
    """Read one pack, with its rules and what is tuned of them."""
    loaded = serving.services.rulebook.packs.loaded
    found = next((one for one in loaded if one.manifest.id == id), None)
    if found is None:
        raise NotFound("there is no pack by this id that is loaded", where="id")
    rules = [_rule(one, found) for one in found.rules]
    return PackDetail(**_summary(found), rule_list=rules, problems=list(map(problem_of, found.problems)))


async def pack_conflicts(serving: Serving) -> Conflicts:
    """List conflicts between what you tuned and what packs say.

    `bartizan packs resolve` decides them; a server takes it when it is started again.
    """
    loaded = serving.services.rulebook.packs.loaded
    return Conflicts(
        conflicts=[
            Conflict(pack=pack.manifest.id, rule=one.rule.id, name=one.rule.name, **_field(field).model_dump())
            for pack in loaded
            for one in pack.rules
            for field in one.conflicts
        ]
    )


def _summary(pack: LoadedPack) -> dict[str, Any]:
    manifest, signer = pack.manifest, pack.signer
    return {
        "id": manifest.id,
        "name": manifest.name,
        "version": manifest.version.text,
        "description": manifest.description,
        "author": manifest.author,
        "signer": Signer(name=signer.name, fingerprint=signer.fingerprint) if signer else None,
        "rules": len(pack.rules),
        "tuned": sum(one.tuned is not None for one in pack.rules),
        "conflicts": pack.conflicts,
    }


def _rule(one: PackRule, pack: LoadedPack) -> PackRuleAnswer:
    return PackRuleAnswer(
        id=one.rule.id,
        name=one.rule.name,
        version=pack.manifest.version.text if one.theirs else None,
        is_tuned=one.tuned is not None,
        fields=list(map(_field, one.fields)),
        problem=problem_of(one.problem) if one.problem else None,
    )


def _field(field: MergedField) -> PackField:
    return PackField(
        field=field.field,
        outcome=field.outcome,
        base=field.base,
        yours=field.yours,
        theirs=field.theirs,
        value=field.value,
    )


ROUTES = (
    Route("GET", "/packs", packs, PackList),
    Route("GET", "/packs/{id}", pack, PackDetail),
    Route("GET", "/pack-conflicts", pack_conflicts, Conflicts),
)
"""Conflicts stand beside: `conflicts` may be a pack's id."""
