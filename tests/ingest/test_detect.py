"""Which stream an object's records belong to, told by their content."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bartizan.ingest.errors import UnknownContent
from bartizan.ingest.shape import MAX_SAMPLES, detect, shape_of
from bartizan.integrations.catalog import Catalog, load_catalog
from bartizan.simulate import Scenario, write

FOLDERS = {
    "CloudTrail": "aws.cloudtrail",
    "CloudTrail-Insight": "aws.cloudtrail",
    "CloudTrail-Digest": "aws.cloudtrail",
    "WAFLogs": "aws.waf",
    "network-firewall": "aws.firewall_logs",
    "vpcflowlogs": "aws.vpcflow",
}
"""Each dataset by its folder in a bucket."""

LINES = {
    "a headerless flow log": (b"2 123456789010 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 1 2 ACCEPT OK\n", "aws.vpcflow"),
    "a flow log of its own format": (
        b"interface-id srcaddr dstaddr action\neni-1 1.1.1.1 2.2.2.2 ACCEPT\n",
        "aws.vpcflow",
    ),
    "a broken record first": (
        b'{"eventVersion": "1.\n' + b'{"eventVersion":"1.08","eventSource":"s","eventName":"n","userIdentity":{}}\n',
        "aws.cloudtrail",
    ),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    counts = dict.fromkeys(("cloudtrail_events", "waf_events", "firewall_events", "flow_records"), 30)
    write(Scenario(datetime(2026, 3, 1, tzinfo=UTC), hours=1, **counts), folder)
    return folder


def objects(logs: Path, folder: str) -> Iterator[bytes]:
    for file in logs.rglob(f"{folder}/**/*.gz"):
        yield gzip.decompress(file.read_bytes())


@pytest.mark.parametrize("folder, dataset", FOLDERS.items())
def test_every_simulated_object_is_known(logs: Path, catalog: Catalog, folder: str, dataset: str) -> None:
    found = [detect(shape_of(content), catalog, "object").dataset for content in objects(logs, folder)]
    assert found
    assert set(found) == {dataset}


@pytest.mark.parametrize("content, dataset", LINES.values(), ids=LINES)
def test_lines(catalog: Catalog, content: bytes, dataset: str) -> None:
    assert detect(shape_of(content, MAX_SAMPLES), catalog, "object").dataset == dataset


@pytest.mark.parametrize("content", [b'{"a":1}', b"plain words", b"\x00\x01\xff", b"[1,2]", b"null", b'"text"'])
def test_what_nobody_knows_is_named(catalog: Catalog, content: bytes) -> None:
    with pytest.raises(UnknownContent, match=r"^object: no integration knows records like .*name it with --dataset$"):
        detect(shape_of(content), catalog, "object")
