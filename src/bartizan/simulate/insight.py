"""CloudTrail's other objects: Insights events on unusual call rates, and the digests that vouch for its objects."""

import hashlib
from datetime import datetime, timedelta

import orjson

from bartizan.simulate.company import LOG_BUCKET, TRAIL, Account
from bartizan.simulate.entropy import Entropy, fixed_hex
from bartizan.simulate.layout import digest_key
from bartizan.simulate.rhythm import iso
from bartizan.simulate.template import Json

_WATCHED = (
    ("ec2.amazonaws.com", "DescribeInstances", "ApiCallRateInsight", ""),
    ("kms.amazonaws.com", "Decrypt", "ApiCallRateInsight", ""),
    ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "ApiCallRateInsight", ""),
    ("s3.amazonaws.com", "GetBucketPolicy", "ApiErrorRateInsight", "AccessDenied"),
)


def insight_events(entropy: Entropy, account: Account, region: str, begin: datetime) -> list[bytes]:
    """The pair of Insights events, start and end, of one unusual quarter of an hour."""
    source, name, insight, error = _WATCHED[entropy.rng.randrange(len(_WATCHED))]
    minutes = entropy.rng.randrange(4, 16)
    shared = entropy.uuid().decode()
    details = {
        "eventSource": source,
        "eventName": name,
        "insightType": insight,
        **({"errorCode": error} if error else {}),
    }
    ends = (("Start", begin), ("End", begin + timedelta(minutes=minutes)))
    baseline, peak = round(entropy.rng.uniform(0.05, 2), 10), round(entropy.rng.uniform(15, 90), 4)
    documents = []
    for state, moment in ends:
        context = _context(account, baseline, peak, minutes if state == "End" else 1)
        documents.append(
            {
                "eventVersion": "1.09",
                "eventTime": iso(moment),
                "awsRegion": region,
                "eventID": entropy.uuid().decode(),
                "eventType": "AwsCloudTrailInsight",
                "recipientAccountId": account.id,
                "sharedEventID": shared,
                "insightDetails": {"state": state, **details, "insightContext": context},
                "eventCategory": "Insight",
            }
        )
    return [orjson.dumps(document) for document in documents]


def _context(account: Account, baseline: float, peak: float, minutes: int) -> Json:
    """The statistics of an Insights event and who was behind it."""
    arn = f"arn:aws:sts::{account.id}:assumed-role/ci-deploy"
    return {
        "statistics": {
            "baseline": {"average": baseline},
            "insight": {"average": peak},
            "insightDuration": minutes,
            "baselineDuration": 10_080,
        },
        "attributions": [
            {
                "attribute": "userIdentityArn",
                "insight": [{"value": arn, "average": peak}],
                "baseline": [{"value": arn, "average": baseline}],
            }
        ],
    }


class DigestChain:
    """The hourly digests of one account and region, each of which names the one before it."""

    def __init__(self, account: Account, region: str) -> None:
        self._account, self._region = account, region
        self._files: list[Json] = []
        self._previous: tuple[str, str] | None = None

    def add(self, key: str, content: bytes, first: str, last: str) -> None:
        """Take in a delivered object; the hash is of its uncompressed content."""
        self._files.append(
            {
                "s3Bucket": LOG_BUCKET,
                "s3Object": key,
                "hashValue": hashlib.sha256(content).hexdigest(),
                "hashAlgorithm": "SHA-256",
                "newestEventTime": last,
                "oldestEventTime": first,
            }
        )

    def close(self, start: datetime, end: datetime) -> tuple[str, bytes]:
        """Key and content of the digest of the hour that ends at `end`; begins the next."""
        key = digest_key(self._account.id, self._region, TRAIL, end)
        files, self._files = self._files, []
        before = self._previous
        document = {
            "awsAccountId": self._account.id,
            "digestStartTime": iso(start),
            "digestEndTime": iso(end),
            "digestS3Bucket": LOG_BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": fixed_hex(TRAIL, 32),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": max((file["newestEventTime"] for file in files), default=None),
            "oldestEventTime": min((file["oldestEventTime"] for file in files), default=None),
            "previousDigestS3Bucket": LOG_BUCKET if before else None,
            "previousDigestS3Object": before[0] if before else None,
            "previousDigestHashValue": before[1] if before else None,
            "previousDigestHashAlgorithm": "SHA-256" if before else None,
            "previousDigestSignature": fixed_hex(before[0], 64) * 8 if before else None,
            "logFiles": files,
        }
        content = orjson.dumps(document)
        self._previous = (key, hashlib.sha256(content).hexdigest())
        return key, content
