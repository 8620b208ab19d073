"""The values that fill the slots of CloudTrail records in one account and region, drawn afresh for each record."""

from datetime import datetime, timedelta

from bartizan.simulate.company import (
    APP_ROLES,
    FUNCTIONS,
    IAM_USERS,
    PEOPLE,
    QUEUES,
    SECRETS,
    SERVICE_ACCOUNTS,
    TABLES,
    Account,
    bucket_names,
    instance_ids,
    secret_arn,
)
from bartizan.simulate.entropy import Drawer, Entropy, fixed_aws_id, fixed_hex, fixed_uuid
from bartizan.simulate.sessions import oidc_provider

_KEY_PREFIXES = (
    "labels/pdf/", "invoices/2026/", "exports/daily/", "telemetry/raw/vehicle=", "telemetry/hourly/part-",
    "images/original/", "images/thumb/", "manifests/eu/", "customs/declarations/", "backups/rds/", "logs/app/",
)  # fmt: skip
_METRICS = ("Latency", "QueueDepth", "OrdersAccepted", "CacheHits", "LabelErrors")


def object_keys() -> tuple[str, ...]:
    """Beginnings of S3 keys; a record adds the rest."""
    return tuple(f"{prefix}{fixed_hex(prefix + str(n), 4)}/" for n in range(40) for prefix in _KEY_PREFIXES)


def aws_date(moment: datetime) -> str:
    """A date as AWS's older Java services write it into responses: `Jan 9, 2020, 1:48:44 AM`."""
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.strftime('%b')} {moment.day}, {moment.year}, {hour}:{moment.strftime('%M:%S')} {half}"


class SlotValues:
    """Drawers for every slot that the tables of calls use; `at` moves the ones that depend on the time."""

    def __init__(self, entropy: Entropy, account: Account, region: str) -> None:
        self._entropy = entropy
        self._expiry = self._day_path = self._epoch_ms = b""
        self.drawn: dict[str, Drawer] = self._pools(account, region) | self._fresh() | self._timed()

    def at(self, block: datetime) -> None:
        """Move to a block of time."""
        self._expiry = aws_date(block + timedelta(hours=6)).encode()
        self._day_path = block.strftime("%Y/%m/%d").encode()
        self._epoch_ms = b"%d" % (int(block.timestamp()) * 1000)

    def _pools(self, account: Account, region: str) -> dict[str, Drawer]:
        def pick(values: tuple[str, ...]) -> Drawer:
            return self._entropy.pick([value.encode() for value in values])

        place = account.id + region
        kms = tuple(f"arn:aws:kms:{region}:{account.id}:key/{fixed_uuid(place + f'key{n}')}" for n in range(8))
        return {
            "bucket": pick(bucket_names(account)),
            "key": pick(object_keys()),
            "kmskey": pick(kms),
            "function": pick(FUNCTIONS),
            "metric": pick(_METRICS),
            "secret": pick(tuple(secret_arn(account, region, name) for name in SECRETS)),
            "parameter": pick(tuple(f"/larkmoor/{name}/{n}" for name in SERVICE_ACCOUNTS for n in range(12))),
            "table": pick(TABLES),
            "queue": pick(QUEUES),
            "instance": pick(instance_ids(account, region)),
            "group": pick(tuple(f"sg-0{fixed_hex(place + f'group{n}', 16)}" for n in range(30))),
            "role": pick((*APP_ROLES, *(f"fn-{name}" for name in FUNCTIONS))),
            "user": pick((*IAM_USERS, *PEOPLE)),
            "roleid": pick(tuple(fixed_aws_id("AROA", account.id + name) for name in (*APP_ROLES, *FUNCTIONS))),
            "provider": pick((oidc_provider(region),)),
        }

    def _fresh(self) -> dict[str, Drawer]:
        entropy = self._entropy
        return {
            "eventid": entropy.uuid,
            "requestid": entropy.uuid,
            "uuid": entropy.uuid,
            "s3request": lambda: entropy.hex(16).upper(),
            "id2": lambda: entropy.base64(57),
            "token": lambda: b"IQoJb3JpZ2luX2VjE" + entropy.base64(240),
            "asia": lambda: entropy.aws_id("ASIA"),
            "hex10": entropy.digits(10),
            "hex16": entropy.digits(16),
            "hex32": entropy.digits(32),
            "size": entropy.number(180, 8_000_000),
            "small": entropy.number(4, 900),
        }

    def _timed(self) -> dict[str, Drawer]:
        return {"expiry": lambda: self._expiry, "daypath": lambda: self._day_path, "epochms": lambda: self._epoch_ms}
