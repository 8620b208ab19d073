"""Peers from the package index, run over the same records: what they do is said beside each figure."""

import shutil
import sys
from pathlib import Path

import orjson

from bartizan.ingest.objects import find_files
from benchmarks.measure import Run, run

TENZIR_PIPELINE = """
from_file "{file}" {{
  read_ndjson
}}
out = {{
  time: eventTime, action: eventName, provider: eventSource, region: awsRegion, address: sourceIPAddress,
  agent: userAgent, id: eventID, request: requestID, account: recipientAccountId, kind: eventType,
  type: userIdentity.type?, arn: userIdentity.arn?, principal: userIdentity.principalId?, error: errorCode?
}}
select out
discard
"""


def as_lines(folder: Path, file: Path) -> int:
    """The records of CloudTrail objects as JSON lines, for peers that don't unwrap `Records`; gives how many."""
    import gzip

    records = 0
    with file.open("wb") as lines:
        for path in find_files([folder]):
            for record in orjson.loads(gzip.decompress(path.read_bytes())).get("Records", []):
                lines.write(orjson.dumps(record) + b"\n")
                records += 1
    return records


def tenzir(file: Path) -> Run | None:
    """Tenzir parsing JSON lines into 14 fields and dropping them; None where it is not installed."""
    command = shutil.which("tenzir", path=str(Path(sys.executable).parent))
    return run([command, TENZIR_PIPELINE.format(file=file)]) if command else None
