"""Packs from one version to the next: what is taken, what stays, what is refused."""

from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.errors import RuleError
from bartizan.detect.packs import tuned
from bartizan.detect.packs.customise import Side, Value, customise, reset, resolve
from bartizan.detect.packs.errors import (
    BadPack,
    NotNewer,
    NotTrusted,
    PackError,
    PacksInUse,
    UnknownPack,
    Unresolved,
)
from bartizan.detect.packs.loaded import LoadedPack, PackRule, load_packs
from bartizan.detect.packs.signing import load_signing_key, new_keys, trust
from bartizan.detect.packs.update import Allowed, Update, install, planned, remove
from bartizan.detect.rule import Rule
from bartizan.detect.rulebook import load_rulebook
from tests.detect.packs.conftest import RULE, Desk

SECOND = {**RULE, "id": "r-2", "name": "Second"}


def changed(**changes: Any) -> dict[str, Any]:
    return {**RULE, **changes}


def the_pack(desk: Desk) -> LoadedPack:
    (pack,) = load_packs(desk.installed, desk.attack).loaded
    return pack


def the_rule(desk: Desk, id: str = "r-1") -> PackRule:
    return next(one for one in the_pack(desk).rules if one.rule.id == id)


def in_force(desk: Desk, id: str = "r-1") -> Rule:
    return load_rulebook([], desk.attack, desk.installed).rules[id]


def told(update: Update) -> dict[tuple[str, str], str]:
    """Outcome by rule and field."""
    return {(one.id, field.field): field.outcome for one in update.changes for field in one.fields}


def test_installed_rules_are_of_the_rulebook(desk: Desk) -> None:
    found = desk.install("1.0.0", RULE, SECOND)
    assert [(one.id, one.change) for one in found.changes] == [("r-1", "new"), ("r-2", "new")]
    book = load_rulebook([], desk.attack, desk.installed)
    assert (set(book.rules), book.problems) == ({"r-1", "r-2"}, ())
    assert (book.origins["r-1"].pack, book.origins["r-1"].version) == ("acme.aws", "1.0.0")
    assert (the_pack(desk).signer or pytest.fail()).name == "acme"


def test_an_update_of_rules_that_nobody_tuned(desk: Desk) -> None:
    desk.install("1.0.0", RULE, SECOND)
    found = desk.update("1.1.0", changed(severity="low"), {**RULE, "id": "r-3"})
    assert [(one.id, one.change) for one in found.changes] == [("r-1", "changed"), ("r-3", "new"), ("r-2", "removed")]
    assert told(found) == {("r-1", "severity"): "taken"}
    assert (in_force(desk).severity, str(found.before)) == ("low", "1.0.0")


def test_a_tuned_rule_keeps_what_is_yours_and_takes_what_is_theirs(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    file = customise(desk.installed, "r-1", {"severity": "low", "suppress.by": ["user.name"]}, desk.attack)
    assert (in_force(desk).severity, file.parent.name) == ("low", "acme.aws")
    found = desk.update("1.1.0", changed(query="event.action: DeleteTrail"))
    assert told(found) == {("r-1", "severity"): "kept", ("r-1", "suppress"): "kept", ("r-1", "query"): "taken"}
    rule = in_force(desk)
    assert (rule.severity, rule.query, rule.suppression is not None) == ("low", "event.action: DeleteTrail", True)
    assert "DeleteTrail" in file.read_text()
    assert the_rule(desk).rule.file.read_bytes() != file.read_bytes()


def test_a_copy_that_is_edited_by_hand_and_its_comments(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    file = customise(desk.installed, "r-1", {}, desk.attack)
    edited = "# ours\n" + file.read_text().replace('"high"', '"low"')
    file.write_text(edited)
    desk.update("1.1.0", RULE, SECOND)
    assert (in_force(desk).severity, file.read_text()) == ("low", edited)


@pytest.mark.parametrize(
    ("take", "severity"),
    [(Side.MINE, "low"), (Side.THEIRS, "medium"), (Value("critical"), "critical")],
    ids=["mine", "theirs", "value"],
)
def test_a_conflict_until_it_is_resolved(desk: Desk, take: Side | Value, severity: str) -> None:
    desk.install("1.0.0", RULE)
    customise(desk.installed, "r-1", {"severity": "low"}, desk.attack)
    assert desk.update("1.1.0", changed(severity="medium", risk_score=5)).conflicts == 1
    assert desk.update("1.2.0", changed(severity="medium", risk_score=6)).conflicts == 1
    (conflict,) = the_rule(desk).conflicts
    assert (conflict.field, conflict.base, conflict.yours, conflict.theirs, conflict.value) == (
        ("severity", "high", "low", "medium", "low")
    )
    assert (in_force(desk).severity, in_force(desk).risk_score) == ("low", 6)
    assert [one.field for one in resolve(desk.installed, "r-1", take, [], desk.attack)] == ["severity"]
    assert (in_force(desk).severity, the_rule(desk).conflicts) == (severity, ())
    assert desk.update("1.3.0", changed(severity="medium", risk_score=7)).conflicts == 0
    assert (in_force(desk).severity, in_force(desk).risk_score) == (severity, 7)


def test_conflicts_are_resolved_one_by_one(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    customise(desk.installed, "r-1", {"severity": "low", "risk_score": 1}, desk.attack)
    desk.update("1.1.0", changed(severity="medium", risk_score=2))
    with pytest.raises(Unresolved, match="a value is for one field"):
        resolve(desk.installed, "r-1", Value(50), [], desk.attack)
    with pytest.raises(Unresolved, match="is in no conflict; in conflict are"):
        resolve(desk.installed, "r-1", Side.MINE, ["query"], desk.attack)
    with pytest.raises(RuleError, match="must be one of"):
        resolve(desk.installed, "r-1", Value("grave"), ["severity"], desk.attack)
    resolve(desk.installed, "r-1", Side.THEIRS, ["severity"], desk.attack)
    assert (in_force(desk).severity, [one.field for one in the_rule(desk).conflicts]) == ("medium", ["risk_score"])
    resolve(desk.installed, "r-1", Side.MINE, [], desk.attack)
    with pytest.raises(Unresolved, match="has no conflict"):
        resolve(desk.installed, "r-1", Side.MINE, [], desk.attack)
    assert in_force(desk).risk_score == 1


def test_a_value_set_in_sight_of_theirs_is_no_conflict(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    customise(desk.installed, "r-1", {"risk_score": 1}, desk.attack)
    desk.update("1.1.0", changed(severity="medium", risk_score=2))
    customise(desk.installed, "r-1", {"severity": "high"}, desk.attack)
    assert (in_force(desk).severity, [one.field for one in the_rule(desk).conflicts]) == ("high", ["risk_score"])
    customise(desk.installed, "r-1", {"risk_score": 3}, desk.attack)
    assert (in_force(desk).risk_score, the_rule(desk).conflicts) == (3, ())


def test_a_tuned_rule_that_the_pack_has_no_more_stays(desk: Desk) -> None:
    desk.install("1.0.0", RULE, SECOND)
    customise(desk.installed, "r-1", {"severity": "low"}, desk.attack)
    found = desk.update("2.0.0", SECOND)
    assert [(one.id, one.change) for one in found.changes] == [("r-1", "stays")]
    assert (in_force(desk).severity, the_rule(desk).theirs) == ("low", None)
    customise(desk.installed, "r-1", {"severity": "medium"}, desk.attack)
    assert in_force(desk).severity == "medium"
    assert told(desk.update("2.1.0", changed(risk_score=9), SECOND)) == {
        ("r-1", "severity"): "kept",
        ("r-1", "risk_score"): "taken",
    }
    desk.update("2.2.0", SECOND)
    reset(desk.installed, "r-1", desk.attack)
    assert [one.rule.id for one in the_pack(desk).rules] == ["r-2"]


def test_a_copy_without_a_base_is_of_the_version_in_force(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    folder = desk.installed.tuned / "acme.aws"
    folder.mkdir(parents=True)
    own = (the_rule(desk).rule.file).read_text().replace('"high"', '"low"')
    (folder / "mine.toml").write_text(own)
    assert in_force(desk).severity == "low"
    desk.update("1.1.0", changed(risk_score=5))
    assert (in_force(desk).severity, in_force(desk).risk_score) == ("low", 5)


def test_a_copy_that_is_no_rule_stops_nothing(desk: Desk) -> None:
    desk.install("1.0.0", RULE, SECOND)
    file = customise(desk.installed, "r-1", {}, desk.attack)
    customise(desk.installed, "r-2", {"severity": "low"}, desk.attack)
    file.write_text("id = 3")
    (file.parent / "stray.toml").write_text(
        file.with_name("base").joinpath(file.name).read_text().replace("r-1", "r-9")
    )
    book = load_rulebook([], desk.attack, desk.installed)
    assert (book.rules["r-1"].severity, book.rules["r-2"].severity) == ("high", "low")
    assert [one.where for one in book.problems] == [str(file), str(file.parent / "stray.toml")]
    assert desk.update("1.1.0", changed(risk_score=5), SECOND).problems != ()
    assert file.read_text() == "id = 3"


def test_what_can_not_be_merged_waits_with_yours_in_force(desk: Desk) -> None:
    desk.install("1.0.0", changed(index=["a", "b"]))
    customise(desk.installed, "r-1", {"index": ["a"]}, desk.attack)
    found = desk.update("1.1.0", changed(index=["b"]))
    assert (found.changes[0].problem is not None, in_force(desk).index) == (True, ("a",))
    resolve(desk.installed, "r-1", Side.MINE, [], desk.attack)
    assert (the_rule(desk).problem, in_force(desk).index) == (None, ("a",))


def test_whom_a_rule_tells_and_what_is_done_is_not_for_its_pack_to_say(desk: Desk) -> None:
    actions = [{"type": "isolate_host", "connector": "edr"}]
    desk.install("1.0.0", {**RULE, "notify": {"connectors": ["soc"]}, "actions": actions})
    rule = in_force(desk)
    assert (rule.notify, rule.actions) == (None, ())


def test_the_plan_changes_nothing(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    plan = planned(desk.installed, desk.read(desk.archive("1.1.0", changed(severity="low"))), desk.attack)
    assert told(plan) == {("r-1", "severity"): "taken"}
    assert in_force(desk).severity == "high"


def test_a_downgrade_is_refused(desk: Desk) -> None:
    desk.install("1.1.0", RULE)
    with pytest.raises(NotNewer, match=r"version 1\.0\.0, and 1\.1\.0 is installed; --allow-downgrade"):
        desk.update("1.0.0", RULE)
    with pytest.raises(NotNewer):
        desk.update("1.1.0+other", changed(severity="low"))
    assert in_force(desk).severity == "high"
    desk.update("1.0.1", changed(severity="low"), allowed=Allowed(downgrade=True))
    assert in_force(desk).severity == "low"


def test_another_signer_is_refused(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    new_keys("other", desk.folder)
    trust(desk.folder / "other.pub", desk.installed.keys)
    desk.key = load_signing_key(desk.folder / "other.key")
    with pytest.raises(NotTrusted, match="another key has signed it"):
        desk.update("1.1.0", RULE)
    desk.update("1.2.0", changed(severity="low"), allowed=Allowed(other_signer=True))
    assert in_force(desk).severity == "low"


def test_the_same_pack_again_repairs_it(desk: Desk) -> None:
    pack = desk.read(desk.archive("1.0.0", RULE))
    install(desk.installed, pack, desk.attack)
    (the_rule(desk).rule.file).write_text("damaged")
    assert load_packs(desk.installed, desk.attack).loaded == ()
    with pytest.raises(PackError, match="is installed"):
        install(desk.installed, pack, desk.attack)
    desk.update("1.0.1", changed(severity="low"))
    assert in_force(desk).severity == "low"


def test_versions_before_the_last_are_cleared(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    for number in range(1, 4):
        desk.update(f"1.{number}.0", RULE)
    folders = sorted(
        folder.name.partition("-")[0] for folder in (desk.installed.root / "installed" / "acme.aws").iterdir()
    )
    assert folders == ["1.2.0", "1.3.0", "current.toml"]


def test_a_pack_is_removed(desk: Desk) -> None:
    desk.install("1.0.0", RULE)
    customise(desk.installed, "r-1", {"severity": "low"}, desk.attack)
    with pytest.raises(Unresolved, match="--with-tuned"):
        remove(desk.installed, "acme.aws")
    remove(desk.installed, "acme.aws", with_tuned=True)
    assert (load_packs(desk.installed, desk.attack).loaded, list(desk.installed.tuned.iterdir())) == ((), [])
    with pytest.raises(UnknownPack):
        remove(desk.installed, "acme.aws")
    with pytest.raises(UnknownPack):
        desk.update("1.1.0", RULE)


def test_ids_that_others_have_are_told(desk: Desk, tmp_path: Path) -> None:
    desk.install("1.0.0", RULE)
    desk.install("1.0.0", changed(severity="low"), id="other")
    own = tmp_path / "own"
    own.mkdir()
    (own / "r.toml").write_bytes(the_rule_file(desk).read_bytes())
    book = load_rulebook([own], desk.attack, desk.installed)
    assert (book.rules["r-1"].file.parent, len(book.problems), book.origins) == (own, 2, {})


def the_rule_file(desk: Desk) -> Path:
    return load_packs(desk.installed, desk.attack).loaded[0].rules[0].rule.file


def test_one_at_a_time(desk: Desk) -> None:
    pack = desk.read(desk.archive("1.0.0", RULE))
    with desk.installed.changing(), pytest.raises(PacksInUse):
        install(desk.installed, pack, desk.attack)
    with pytest.raises(BadPack):
        desk.read(desk.folder / "nothing.tar.gz")


class Killed(Exception):
    """The process ends here."""


@pytest.mark.parametrize("step", ["_write", "_replace"])
def test_a_copy_and_its_base_are_replaced_as_one(desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Killed before the copy is written, or before its base has its name: what is in force is one or the other."""
    desk.install("1.0.0", changed(risk_score=1))
    file = customise(desk.installed, "r-1", {"severity": "low"}, desk.attack)
    write = tuned._write

    def killed(path: Path, content: object) -> None:
        if path == file or step == "_replace":
            raise Killed
        write(path, content)  # type: ignore[arg-type]

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(tuned, step, killed)
        desk.update("1.1.0", changed(risk_score=2))
    assert (in_force(desk).risk_score, in_force(desk).severity) == (2, "low")
    assert ("risk_score = 2" in file.read_text()) == (step == "_replace")
    desk.update("1.0.1", changed(risk_score=1), allowed=Allowed(downgrade=True))
    assert (in_force(desk).risk_score, in_force(desk).severity) == (1, "low")
    assert [path.name for path in (file.parent / "base").iterdir()] == [file.name]
