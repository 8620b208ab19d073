"""Where AWS puts its log objects in S3, and writing them: keys below `AWSLogs/`, gzip without a time stamp.

Key formats are those of the CloudTrail, WAF, Network Firewall and VPC user guides.
"""

import zlib
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

GZIP_LEVEL = 1
"""Fast: simulated logs are read once."""
_GZIP_FORMAT = 31
"""zlib's window bits for a gzip header, whose time stamp zlib leaves at zero: same input, same bytes."""


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%MZ")


def cloudtrail_key(account: str, region: str, delivered: datetime, suffix: str, *, kind: str = "CloudTrail") -> str:
    """The key of a CloudTrail object; `kind` is `CloudTrail` or `CloudTrail-Insight`, `suffix` 16 characters."""
    day = delivered.strftime("%Y/%m/%d")
    name = f"{account}_{kind}_{region}_{_stamp(delivered)}_{suffix}.json.gz"
    return f"AWSLogs/{account}/{kind}/{region}/{day}/{name}"


def digest_key(account: str, region: str, trail: str, end: datetime) -> str:
    """The key of the digest of an hour that ends at `end`."""
    day = end.strftime("%Y/%m/%d")
    name = f"{account}_CloudTrail-Digest_{region}_{trail}_{region}_{end.strftime('%Y%m%dT%H%M%SZ')}.json.gz"
    return f"AWSLogs/{account}/CloudTrail-Digest/{region}/{day}/{name}"


def waf_key(account: str, region: str, web_acl: str, block: datetime, digest: str) -> str:
    """The key of a WAF object: requests of the five minutes from `block`."""
    folder = block.strftime("%Y/%m/%d/%H/%M")
    name = f"{account}_waflogs_{region}_{web_acl}_{_stamp(block)}_{digest}.log.gz"
    return f"AWSLogs/{account}/WAFLogs/{region}/{web_acl}/{folder}/{name}"


def firewall_key(account: str, region: str, firewall: str, log_type: str, block: datetime, digest: str) -> str:
    """The key of a Network Firewall object; `log_type` is `alert`, `flow` or `tls`."""
    folder = block.strftime("%Y/%m/%d/%H")
    name = f"{account}_network-firewall_{log_type}_{region}_{firewall}_{_stamp(block)}_{digest}.log.gz"
    return f"AWSLogs/{account}/network-firewall/{log_type}/{region}/{firewall}/{folder}/{name}"


def flow_key(account: str, region: str, flow_log: str, block: datetime, digest: str) -> str:
    """The key of a VPC flow log object: flows of the five minutes from `block`."""
    day = block.strftime("%Y/%m/%d")
    name = f"{account}_vpcflowlogs_{region}_{flow_log}_{_stamp(block)}_{digest}.log.gz"
    return f"AWSLogs/{account}/vpcflowlogs/{region}/{day}/{name}"


def lines(records: Iterable[bytes]) -> bytes:
    """Records as one object, a line each."""
    return b"".join(record + b"\n" for record in records)


class Bucket:
    """A folder that stands for the bucket of the company's logs; counts what is put into it."""

    def __init__(self, folder: Path, progress: Callable[[int], None] | None) -> None:
        self._folder = folder
        self._progress = progress
        self.records: dict[str, int] = {}
        self.files = 0
        self.size_bytes = 0

    def put(self, key: str, content: bytes, dataset: str, records: int) -> None:
        """Store `content`, which holds so many records of a dataset, compressed; an object of that key is replaced."""
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
        packed = packer.compress(content) + packer.flush()
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed)
        self.files += 1
        self.size_bytes += len(packed)
        self.records[dataset] = self.records.get(dataset, 0) + records
        if self._progress is not None:
            self._progress(records)
