"""Larkmoor Freight, the fictional company whose logs are simulated: its accounts, networks, people and workloads.

It is the same in every scenario, so that rules, samples and documentation can name its parts.
Addresses that mean something (offices, the attacker) are from the documentation ranges of RFC 5737.
"""

from dataclasses import dataclass
from enum import StrEnum

from bartizan.simulate.entropy import fixed_hex

NAME = "Larkmoor Freight"
HOME_REGION = "eu-west-1"
GLOBAL_REGION = "us-east-1"
"""Where CloudTrail writes the events of global services (IAM, Organizations, account sign-in)."""

OFFICE_ADDRESSES = tuple(f"192.0.2.{host}" for host in range(10, 26))
CI_ADDRESSES = tuple(f"198.51.100.{host}" for host in range(130, 162))
PARTNER_ACCOUNT = "320987650091"
IDENTITY_STORE = "d-93670a1b2c"


class Stage(StrEnum):
    """What an account is for; it decides which workloads run in it."""

    MANAGEMENT = "management"
    PRODUCTION = "production"
    STAGING = "staging"
    DATA = "data"
    SANDBOX = "sandbox"


@dataclass(frozen=True)
class Account:
    """One AWS account of the organisation and the regions it works in, with their share of the events."""

    id: str
    name: str
    stage: Stage
    regions: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Network:
    """A VPC whose flow log is delivered to S3."""

    account: Account
    region: str
    vpc_id: str
    flow_log_id: str
    prefix: str
    """The first two octets of its IPv4 block, a /16."""


MANAGEMENT = Account("210987650011", "larkmoor-root", Stage.MANAGEMENT, ((GLOBAL_REGION, 5), (HOME_REGION, 3)))
PRODUCTION = Account(
    "210987650022", "larkmoor-prod", Stage.PRODUCTION, ((HOME_REGION, 42), (GLOBAL_REGION, 12), ("eu-central-1", 9))
)
STAGING = Account("210987650033", "larkmoor-staging", Stage.STAGING, ((HOME_REGION, 9), (GLOBAL_REGION, 2)))
DATA = Account("210987650044", "larkmoor-data", Stage.DATA, ((HOME_REGION, 13), (GLOBAL_REGION, 2)))
SANDBOX = Account("210987650055", "larkmoor-sandbox", Stage.SANDBOX, ((HOME_REGION, 2), (GLOBAL_REGION, 1)))

ACCOUNTS = (MANAGEMENT, PRODUCTION, STAGING, DATA, SANDBOX)

SHOP_NETWORK = Network(
    PRODUCTION, HOME_REGION, "vpc-0" + fixed_hex("vpc-shop", 16), "fl-0" + fixed_hex("fl-shop", 16), "10.20"
)
"""The web shop; its flow log has the default format."""
FLEET_NETWORK = Network(
    PRODUCTION, HOME_REGION, "vpc-0" + fixed_hex("vpc-fleet", 16), "fl-0" + fixed_hex("fl-fleet", 16), "10.30"
)
"""Vehicle tracking; its flow log has a custom format."""

WEB_ACL = "shop-edge"
WEB_ACL_ID = fixed_hex("webacl-shop", 8) + "-71c2-4c0e-9d55-" + fixed_hex("webacl-shop-tail", 12)
FIREWALL = "egress-inspection"
TRAIL = "larkmoor-prod-trail"
LOG_BUCKET = "larkmoor-org-logs"

PEOPLE = (
    "ines.okafor", "tomas.veldt", "priya.raman", "jonas.brandt", "alice.moreau", "dmitri.soler", "hana.kimura",
    "lukas.ferrand", "noor.haddad", "oscar.lindqvist", "petra.nowak", "quentin.adler", "rosa.mendes", "samir.khatri",
    "tessa.whitlock", "umberto.ricci", "vera.stankova", "wim.janssen", "yara.benali", "zoe.carter",
)  # fmt: skip
"""Staff who sign in through IAM Identity Center."""

IAM_USERS = ("marta.kellan", "erik.solberg", "svc-backup", "svc-reporting", "terraform-legacy")
"""IAM users left in every account."""

APP_ROLES = ("larkmoor-web-instance", "larkmoor-worker-instance", "larkmoor-bastion-instance")
FUNCTIONS = (
    "order-intake", "label-printer", "route-planner", "invoice-render", "webhook-fanout", "geofence-check",
    "image-resize", "rates-cache-warm", "customs-declare", "ledger-export", "sms-notify", "token-rotator",
)  # fmt: skip
SERVICE_ACCOUNTS = ("checkout", "tracking-api", "pricing", "fleet-ingest", "cluster-autoscaler", "external-dns")
TABLES = ("shipments", "orders", "sessions", "vehicle-positions", "rate-cards", "idempotency-keys")
QUEUES = ("order-events", "label-jobs", "webhook-retries", "telemetry-ingest")
SECRETS = (
    "prod/shop/database", "prod/shop/redis", "prod/shop/jwt-signing", "prod/fleet/mqtt", "prod/fleet/database",
    "prod/payments/gateway-key", "prod/payments/webhook-secret", "prod/mail/smtp", "prod/maps/api-key",
    "prod/sso/client-secret", "prod/data/warehouse", "prod/data/airflow", "prod/ci/registry-token",
    "prod/edi/sftp-key", "prod/customs/api", "prod/crm/oauth", "prod/search/admin-key", "prod/backup/restic",
)  # fmt: skip
BUCKET_NAMES = ("assets", "invoices", "labels", "exports", "lake-raw", "lake-curated", "backups", "artifacts", "config")


def bucket_names(account: Account) -> tuple[str, ...]:
    """The S3 buckets of an account, the busiest first."""
    return tuple(f"{account.name}-{name}" for name in BUCKET_NAMES)


def secret_arn(account: Account, region: str, name: str) -> str:
    """The ARN of a secret; Secrets Manager adds six characters to its name."""
    return f"arn:aws:secretsmanager:{region}:{account.id}:secret:{name}-{fixed_hex(account.id + name, 6)}"


def instance_ids(account: Account, region: str) -> tuple[str, ...]:
    """The EC2 instances that an account runs in a region."""
    return tuple(f"i-0{fixed_hex(f'{account.id}{region}instance{n}', 16)}" for n in range(24))


def interface_id(network: Network, host: int) -> str:
    """The network interface of the `host`th machine of a VPC."""
    return f"eni-0{fixed_hex(f'{network.vpc_id}eni{host}', 16)}"


def public_address(name: str) -> str:
    """A stable address in the ranges that EC2 gives to NAT gateways and instances."""
    digits = bytes.fromhex(fixed_hex(name, 8))
    return f"{(3, 18, 34, 52, 54)[digits[0] % 5]}.{64 + digits[1] % 160}.{digits[2]}.{1 + digits[3] % 254}"
