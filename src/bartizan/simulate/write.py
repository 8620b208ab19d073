"""Writes a scenario into a folder that looks like the bucket of the company's logs.

In: a scenario. Out: gzip objects under `AWSLogs/` and a summary. `cloudtrail_records` writes nothing.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bartizan.simulate.attack import Attack, AttackRecord, attack
from bartizan.simulate.cloudtrail import AccountRegion, records_object
from bartizan.simulate.company import ACCOUNTS, FIREWALL, HOME_REGION, PRODUCTION, WEB_ACL
from bartizan.simulate.entropy import Entropy
from bartizan.simulate.firewall import Egress, log_type_shares
from bartizan.simulate.insight import DigestChain, insight_events
from bartizan.simulate.layout import Bucket, cloudtrail_key, firewall_key, flow_key, lines, waf_key
from bartizan.simulate.rhythm import BLOCK_S, Share, block_of, block_weight, blocks, iso
from bartizan.simulate.scenario import Scenario, Summary
from bartizan.simulate.vpcflow import NETWORKS, NetworkTraffic, fields_of
from bartizan.simulate.waf import WebTraffic

CLOUDTRAIL, WAF, FIREWALL_LOGS, VPCFLOW = "aws.cloudtrail", "aws.waf", "aws.firewall_logs", "aws.vpcflow"
MAX_RECORDS_PER_OBJECT = 20_000
"""AWS splits what a busy account logs within one delivery over several objects."""
_INSIGHT_EVERY_HOURS = 6

Timed = list[tuple[float, bytes]]
"""Records of a block, each with its moment in seconds from the start of the block; rising."""


def write(scenario: Scenario, folder: Path, progress: Callable[[int], None] | None = None) -> Summary:
    """Write all logs of `scenario` below `folder`; objects that exist are replaced.

    `progress` is called after every object with how many records it holds. Raises `OSError` when the disk refuses.
    """
    bucket = Bucket(folder, progress)
    story = attack(scenario.seed, scenario.start, scenario.hours) if scenario.attack else Attack()
    planted = _Planted(story.records)
    _write_cloudtrail(scenario, bucket, planted)
    _write_waf(scenario, bucket, planted)
    _write_firewall(scenario, bucket, planted)
    _write_flows(scenario, bucket, planted)
    return Summary(dict(sorted(bucket.records.items())), bucket.files, bucket.size_bytes, story.steps)


def cloudtrail_records(scenario: Scenario) -> Iterator[bytes]:
    """The ordinary CloudTrail records of `scenario`, minified, block by block; the attack is left out."""
    for _, _, records in _cloudtrail_blocks(scenario):
        for _, record in records:
            yield record


class _Planted:
    """The attack's records, to be mixed into the ordinary ones of their block."""

    def __init__(self, records: tuple[AttackRecord, ...]) -> None:
        self._waiting: dict[tuple[str, datetime], Timed] = defaultdict(list)
        for item in records:
            block = block_of(item.time)
            self._waiting[item.log, block].append(((item.time - block).total_seconds(), item.record))

    def mix(self, log: str, block: datetime, records: Timed) -> Timed:
        """`records` with those that the attack left in this log at this time."""
        for moment, record in self._waiting.get((log, block), ()):
            records.insert(bisect_right(records, moment, key=lambda timed: timed[0]), (moment, record))
        return records


def _cloudtrail_blocks(scenario: Scenario) -> Iterator[tuple[AccountRegion, datetime, Timed]]:
    """Each account and region, block by block."""
    sources = [
        (AccountRegion(scenario.seed, account, region), weight)
        for account in ACCOUNTS
        for region, weight in account.regions
    ]
    per_block = sum(weight for _, weight in sources)
    starts = list(blocks(scenario.start, scenario.hours))
    share = Share(scenario.cloudtrail_events, per_block * sum(block_weight(start) for start in starts))
    for start in starts:
        for source, weight in sources:
            made = source.block(start, share.take(weight * block_weight(start)))
            yield source, start, list(zip(made.seconds, made.records, strict=True))


def _write_cloudtrail(scenario: Scenario, bucket: Bucket, planted: _Planted) -> None:
    names = Entropy(f"{scenario.seed}/cloudtrail-names")
    digests = DigestChain(PRODUCTION, HOME_REGION)
    for source, start, ordinary in _cloudtrail_blocks(scenario):
        account, region = source.account, source.region
        is_home = account is PRODUCTION and region == HOME_REGION
        records = planted.mix(f"cloudtrail/{region}", start, ordinary) if account is PRODUCTION else ordinary
        delivered = start + timedelta(seconds=2 * BLOCK_S)
        for part in _parts(records):
            key = cloudtrail_key(account.id, region, delivered, names.object_suffix())
            content = records_object([record for _, record in part])
            bucket.put(key, content, CLOUDTRAIL, len(part))
            if is_home:
                first, last = (start + timedelta(seconds=part[at][0]) for at in (0, -1))
                digests.add(key, content, iso(first), iso(last))
        if is_home and (start + timedelta(seconds=BLOCK_S)).minute == 0:
            _write_hour_end(scenario, bucket, digests, start, names)


def _write_hour_end(
    scenario: Scenario, bucket: Bucket, digests: DigestChain, last_block: datetime, names: Entropy
) -> None:
    """The digest of an hour and, every few hours, Insights events."""
    hour = last_block.replace(minute=0)
    key, content = digests.close(hour, hour + timedelta(hours=1))
    bucket.put(key, content, f"{CLOUDTRAIL}-digest", 1)
    if hour.hour % _INSIGHT_EVERY_HOURS == 0 and scenario.cloudtrail_events:
        events = insight_events(names, PRODUCTION, HOME_REGION, hour + timedelta(minutes=20))
        delivered = hour + timedelta(minutes=50)
        suffix = names.object_suffix()
        insight = cloudtrail_key(PRODUCTION.id, HOME_REGION, delivered, suffix, kind="CloudTrail-Insight")
        bucket.put(insight, records_object(events), f"{CLOUDTRAIL}-insight", len(events))


def _write_waf(scenario: Scenario, bucket: Bucket, planted: _Planted) -> None:
    traffic, names = WebTraffic(scenario.seed), Entropy(f"{scenario.seed}/waf-names")
    for start, count in _counts(scenario, scenario.waf_events):
        for part in _parts(planted.mix("waf", start, traffic.block(start, count))):
            key = waf_key(PRODUCTION.id, HOME_REGION, WEB_ACL, start, names.hex(8).decode())
            bucket.put(key, lines(record for _, record in part), WAF, len(part))


def _write_firewall(scenario: Scenario, bucket: Bucket, planted: _Planted) -> None:
    shares = log_type_shares()
    split = Share(scenario.firewall_events, sum(weight for _, weight in shares))
    for log_type, weight in shares:
        egress, names = Egress(scenario.seed, log_type), Entropy(f"{scenario.seed}/{log_type}-names")
        for start, count in _counts(scenario, split.take(weight)):
            for part in _parts(planted.mix(f"firewall/{log_type}", start, egress.block(start, count))):
                digest = names.hex(8).decode()
                key = firewall_key(PRODUCTION.id, HOME_REGION, FIREWALL, log_type, start, digest)
                bucket.put(key, lines(record for _, record in part), FIREWALL_LOGS, len(part))


def _write_flows(scenario: Scenario, bucket: Bucket, planted: _Planted) -> None:
    split = Share(scenario.flow_records, sum(weight for _, weight in NETWORKS))
    for network, weight in NETWORKS:
        traffic = NetworkTraffic(scenario.seed, network)
        names = Entropy(f"{scenario.seed}/{network.vpc_id}-names")
        header = " ".join(fields_of(network)).encode()
        for start, count in _counts(scenario, split.take(weight)):
            for part in _parts(planted.mix(f"flow/{network.vpc_id}", start, traffic.block(start, count))):
                digest = names.hex(8).decode()
                key = flow_key(network.account.id, network.region, network.flow_log_id, start, digest)
                bucket.put(key, lines([header, *(record for _, record in part)]), VPCFLOW, len(part))


def _counts(scenario: Scenario, total: int) -> Iterator[tuple[datetime, int]]:
    """How many of `total` records each block of the scenario has."""
    starts = list(blocks(scenario.start, scenario.hours))
    share = Share(total, sum(block_weight(start) for start in starts))
    for start in starts:
        yield start, share.take(block_weight(start))


def _parts(records: Timed) -> Iterator[Timed]:
    """Records cut into what one object may hold; none for no records."""
    for at in range(0, len(records), MAX_RECORDS_PER_OBJECT):
        yield records[at : at + MAX_RECORDS_PER_OBJECT]
