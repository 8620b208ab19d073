"""`check_files`: each rule's outcome, correlations after all rules; a public corpus."""

import os
from collections import Counter
from pathlib import Path

import pytest

from bartizan.ecs import Registry, load_registry
from bartizan.engine.base import Engine
from bartizan.query.sigma.check import Checked, check_files, sigma_files
from tests.query.conftest import NOW

SHARED = os.environ.get("BARTIZAN_SHARED", "")

FILES = {
    "a.yml": "title: a\nname: a\nlogsource: {product: aws, service: cloudtrail}\n"
    "detection: {sel: {eventName: CreateUser}, condition: sel}\n",
    "b.yml": "title: b\nlogsource: {product: nobody}\ndetection: {sel: {x: 1, y|lt: 5}, condition: sel}\n",
    "c.yaml": "title: c\nlogsource: {product: aws, service: cloudtrail}\n"
    "detection: {sel: {userAgent|expand: '%agents%'}, condition: sel}\n",
    "d.yml": "title: d\nlogsource: {}\ndetection: {sel: {x: 1}, condition: sel}\n",
    "e.yml": "title: e\ncorrelation: {type: temporal, rules: [a], timespan: 1h}\n---\n"
    "title: f\ncorrelation: {type: temporal, rules: [zz], timespan: 1h}\n",
    "g.yml": "title: g\nlogsource: {category: database}\ndetection: {sel: {'odd`name\\': x}, condition: sel}\n",
    "h.txt": "no rule",
}


def outcomes(folder: Path, engine: Engine, registry: Registry) -> list[Checked]:
    return list(check_files(sigma_files([folder]), engine, registry, NOW))


def test_outcomes(tmp_path: Path, engine: Engine, registry: Registry) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "z.yml").write_bytes(b"\xff\xfe\xff")
    found = outcomes(tmp_path, engine, registry)
    shown = [(one.file.name, one.outcome) for one in found]
    assert shown == [
        ("a.yml", "ok"),
        ("b.yml", "note"),
        ("c.yaml", "note"),
        ("d.yml", "failed"),
        ("g.yml", "ok"),
        ("z.yml", "failed"),
        ("e.yml", "ok"),
        ("e.yml", "failed"),
    ]
    messages = {one.file.name: one.message for one in found}
    assert "the log source nobody/*/* is unknown" in messages["b.yml"]
    assert "`%agents%` is without values" in messages["c.yaml"]
    assert "`zz`" in messages["e.yml"]


@pytest.mark.slow
def test_a_public_corpus_compiles_and_runs(engine: Engine) -> None:
    folder = Path(SHARED) / "corpus" / "sigma"
    if not SHARED or not folder.is_dir():
        pytest.skip("BARTIZAN_SHARED names no folder with corpus/sigma")
    found = outcomes(folder, engine, load_registry())
    counts = Counter(one.outcome for one in found)
    assert len(found) > 1_000
    assert counts["failed"] == 0, "\n".join(one.message for one in found if one.outcome == "failed")
