"""Worker: Vector's remap language over the same records, 14 fields, nothing stored; the hand-over of dicts counts."""

import gzip
import json
import sys
from pathlib import Path

import orjson
import pyvrl

from bartizan.ingest.objects import find_files
from benchmarks.measure import cpu_now

PROGRAM = """
.out."@timestamp" = .eventTime
.out.event.action = .eventName
.out.event.provider = .eventSource
.out.event.id = .eventID
.out.event.outcome = if exists(.errorCode) { "failure" } else { "success" }
.out.cloud.region = .awsRegion
.out.cloud.account.id = .recipientAccountId
.out.source.address = .sourceIPAddress
.out.user_agent.original = .userAgent
.out.user.id = .userIdentity.principalId
.out.user.name = .userIdentity.userName
.out.aws.cloudtrail.user_identity.type = .userIdentity.type
.out.aws.cloudtrail.user_identity.arn = .userIdentity.arn
.out.aws.cloudtrail.request_id = .requestID
. = .out
"""


def main(folder: Path) -> None:
    transform = pyvrl.Transform(PROGRAM)
    cpu = cpu_now()
    events = 0
    for path in find_files([folder]):
        for record in orjson.loads(gzip.decompress(path.read_bytes())).get("Records", []):
            transform.remap(record)
            events += 1
    print(json.dumps({"events": events, "cpu_s": cpu_now() - cpu}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
