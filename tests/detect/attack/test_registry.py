"""ATT&CK ids resolve to the pinned release, replaced and later ones included; a wrong one is told apart and helped."""

import pytest

from bartizan.detect.attack import Attack, AttackError, Technique, load_attack
from bartizan.detect.attack.foreign import resolve


@pytest.fixture(scope="module")
def attack() -> Attack:
    return load_attack()


def test_names_and_links(attack: Attack) -> None:
    assert attack.technique("T1562.008") == Technique("T1562.008", "Disable or Modify Cloud Logs", ("TA0005",))
    assert attack.technique("T1562.008").reference == "https://attack.mitre.org/techniques/T1562/008/"
    assert attack.tactic("TA0005").name == "Defense Evasion"
    assert attack.tactic("TA0005").short_name == "defense-evasion"
    assert attack.tactic("TA0005").reference == "https://attack.mitre.org/tactics/TA0005/"


@pytest.mark.parametrize(
    ("given", "resolved"),
    [
        ("T1078.004", "T1078.004"),
        pytest.param("T1685.002", "T1562.008", id="an id of release 19"),
        pytest.param("T1685", "T1562", id="an id of release 19 that gathers several: their parent"),
        pytest.param("T1547.011", "T1647", id="replaced"),
        pytest.param("T1647", "T1647", id="in both releases, with another meaning in the table of 19"),
        pytest.param("T1086", "T1059.001", id="a technique that became a sub-technique"),
    ],
)
def test_resolves(attack: Attack, given: str, resolved: str) -> None:
    assert attack.technique(given).id == resolved


def test_a_reference_names_technique_and_subtechnique(attack: Attack) -> None:
    threat = attack.reference("TA0005/T1562.008")
    assert (threat.tactic.id, threat.technique.id) == ("TA0005", "T1562")
    assert threat.subtechnique is not None
    assert threat.subtechnique.id == "T1562.008"
    assert attack.reference("TA0040/T1485").subtechnique is None


def test_a_reference_of_release_19_means_the_pinned_technique(attack: Attack) -> None:
    assert attack.reference("TA0005/T1685.002") == attack.reference("TA0005/T1562.008")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("T1562.008", "is no ATT&CK reference; write a tactic and a technique, such as `TA0005/T1562.008`"),
        ("TA0005/", "is no ATT&CK reference"),
        ("TA0005/T1562.0008", "unknown ATT&CK technique `T1562.0008`; did you mean `T1562.008`?"),
        ("TA005/T1562.008", "unknown ATT&CK tactic `TA005`; did you mean `TA0005`?"),
        ("TA0005/T1108", "`T1108` is deprecated and nothing replaces it"),
        ("TA0040/T1562.008", "doesn't serve tactic `TA0040` (Impact); write `TA0005/T1562.008`"),
        ("TA0005/zzz", "unknown ATT&CK technique `zzz`"),
    ],
)
def test_a_wrong_reference_says_what_is_meant(attack: Attack, text: str, says: str) -> None:
    with pytest.raises(AttackError) as raised:
        attack.reference(text)
    assert says in str(raised.value)


def test_every_subtechnique_has_its_parent_and_every_tactic_exists(attack: Attack) -> None:
    known = {technique.id for technique in attack.techniques}
    tactics = {tactic.id for tactic in attack.tactics}
    assert {technique.id.partition(".")[0] for technique in attack.techniques} <= known
    assert {tactic for technique in attack.techniques for tactic in technique.tactics} == tactics


@pytest.mark.parametrize(
    ("given", "id"),
    [("stealth", "TA0005"), ("defense-impairment", "TA0005"), ("TA0112", "TA0005"), ("impact", "TA0040")],
)
def test_tactics_of_release_19_and_short_names_resolve(attack: Attack, given: str, id: str) -> None:
    assert attack.tactic(given).id == id


def test_what_others_name_is_kept_as_far_as_it_can_be(attack: Attack) -> None:
    named = [("TA0112", "T1685.002"), ("", "T1086"), ("TA0005", "T1686.999"), ("TA0040", "T1562"), ("TA0005", "T9")]
    resolved = resolve(named, attack)
    assert resolved.references == ("TA0005/T1562.008", "TA0002/T1059.001", "TA0005/T1562.004", "TA0005/T1562")
    assert resolved.notes == (
        "`T1562` doesn't serve `TA0040`, it is kept under `TA0005`",
        "unknown ATT&CK technique `T9`",
    )
