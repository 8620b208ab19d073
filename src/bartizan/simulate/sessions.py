"""Who is at work in an account and region during one hour: sessions with their identity, address, agent and calls.

An hour's sessions are drawn from the company's roster, so access keys and creation times change as in real logs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from bartizan.simulate import agents, identities, staff_calls, workload_calls
from bartizan.simulate.api_call import ApiCall
from bartizan.simulate.company import (
    APP_ROLES,
    CI_ADDRESSES,
    FUNCTIONS,
    GLOBAL_REGION,
    HOME_REGION,
    IAM_USERS,
    OFFICE_ADDRESSES,
    PARTNER_ACCOUNT,
    PEOPLE,
    SERVICE_ACCOUNTS,
    Account,
    Stage,
    instance_ids,
    public_address,
)
from bartizan.simulate.entropy import Entropy, fixed_aws_id, fixed_hex
from bartizan.simulate.rhythm import iso
from bartizan.simulate.template import Json


@dataclass(frozen=True)
class Session:
    """One principal at work; its parts are ready to be written into a record."""

    head: bytes
    """The record's first two fields: `"eventVersion":"1.11","userIdentity":{...}`."""
    address: bytes
    agent: bytes
    subject: bytes
    """What the session stands for: an instance, a function, a user, a role."""
    arn: bytes
    """Its ARN, or its name where CloudTrail gives no ARN."""
    kind: "Kind"


@dataclass(frozen=True)
class Kind:
    """A kind of principal: how many sessions an hour has, their share of the events, what they call."""

    name: str
    sessions: int
    weight: int
    calls: tuple[ApiCall, ...]
    make: Callable[["_Hour", "Kind", int], Session]
    version: str = "1.11"
    direct: bool = True
    """Calls come over TLS from outside AWS's own services, so the record has `tlsDetails`."""
    console: bool = False
    only: tuple[Stage, ...] = ()
    """The stages of the accounts that have this kind; empty for all."""
    global_only: bool = False


@dataclass(frozen=True)
class _Hour:
    """The account, region and hour that sessions are made for."""

    account: Account
    region: str
    start: datetime
    entropy: Entropy

    def pick(self, pool: tuple[str, ...]) -> str:
        return pool[int(self.entropy.rng.random() * len(pool))]

    def key(self, prefix: str = "ASIA") -> str:
        return self.entropy.aws_id(prefix).decode()

    def created(self) -> str:
        return iso(self.start - timedelta(seconds=self.entropy.rng.randrange(10, 3000)))


def _session(kind: Kind, identity: Json, address: str, agent: str, subject: str) -> Session:
    head = b'"eventVersion":"%b","userIdentity":%b' % (kind.version.encode(), orjson.dumps(identity))
    name = str(identity.get("arn") or identity.get("userName") or subject)
    return Session(head, address.encode(), agent.encode(), subject.encode(), name.encode(), kind)


def _instance(hour: _Hour, kind: Kind, number: int) -> Session:
    instance = hour.pick(instance_ids(hour.account, hour.region))
    identity = identities.assumed_role(
        hour.account.id,
        APP_ROLES[number % len(APP_ROLES)],
        instance,
        access_key=hour.key(),
        created=hour.created(),
        more_context={"ec2RoleDelivery": "2.0"},
    )
    address = public_address(f"{hour.account.id}{hour.region}nat{number % 3}")
    return _session(kind, identity, address, agents.EC2_SDK[number % len(agents.EC2_SDK)], instance)


def _function(hour: _Hour, kind: Kind, number: int) -> Session:
    name = FUNCTIONS[number % len(FUNCTIONS)]
    arn = f"arn:aws:lambda:{hour.region}:{hour.account.id}:function:{name}"
    identity = identities.assumed_role(
        hour.account.id, f"fn-{name}", name, access_key=hour.key(), created=hour.created()
    )
    if number % 3 == 0:  # functions created since CloudTrail began to tell for whom credentials were issued
        identity["inScopeOf"] = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": arn}
    address = public_address(f"{hour.region}lambda{hour.entropy.rng.randrange(40)}")
    return _session(kind, identity, address, hour.pick(agents.LAMBDA_SDK), name)


def oidc_provider(region: str) -> str:
    """The OpenID Connect provider of the company's EKS cluster in a region."""
    return f"oidc.eks.{region}.amazonaws.com/id/{fixed_hex('oidc' + region, 32).upper()}"


def _pod(hour: _Hour, kind: Kind, number: int) -> Session:
    name = SERVICE_ACCOUNTS[number % len(SERVICE_ACCOUNTS)]
    provider = f"arn:aws:iam::{hour.account.id}:oidc-provider/{oidc_provider(hour.region)}"
    web = {"webIdFederationData": {"federatedProvider": provider, "attributes": {}}}
    identity = identities.assumed_role(
        hour.account.id,
        f"eks-{name}",
        f"botocore-session-{1_700_000_000 + hour.entropy.rng.randrange(10**8)}",
        access_key=hour.key(),
        created=hour.created(),
        more_context=web,
    )
    address = public_address(f"{hour.account.id}{hour.region}nat{number % 3}")
    return _session(kind, identity, address, hour.pick(agents.POD_SDK), f"eks-{name}")


def _pipeline(hour: _Hour, kind: Kind, number: int) -> Session:
    identity = identities.assumed_role(
        hour.account.id,
        "ci-deploy",
        f"gha-{hour.entropy.rng.randrange(10**10, 2 * 10**10)}",
        access_key=hour.key(),
        created=hour.created(),
        path="/automation/",
    )
    return _session(kind, identity, hour.pick(CI_ADDRESSES), hour.pick(agents.TERRAFORM), "ci-deploy")


def _person(hour: _Hour, kind: Kind, number: int) -> Session:
    person = hour.pick(PEOPLE) + "@larkmoor.example"
    right = "ReadOnlyAccess" if number % 3 else "PlatformEngineer"
    role = f"AWSReservedSSO_{right}_{fixed_hex(hour.account.id + right, 16)}"
    identity = identities.assumed_role(
        hour.account.id,
        role,
        person,
        access_key=hour.key(),
        created=hour.created(),
        path=f"/aws-reserved/sso.amazonaws.com/{HOME_REGION}/",
    )
    agent = hour.pick(agents.BROWSER if kind.console else agents.COMMAND_LINE)
    return _session(kind, identity, hour.pick(OFFICE_ADDRESSES), agent, person)


def _aws_service(hour: _Hour, kind: Kind, number: int) -> Session:
    principals = (
        ("ec2", "lambda") if kind.calls is workload_calls.ASSUME_BY_SERVICE else ("s3", "rds", "dynamodb", "logs")
    )
    principal = principals[number % len(principals)] + ".amazonaws.com"
    return _session(kind, identities.service(principal), principal, principal, principal)


def _recorder(hour: _Hour, kind: Kind, number: int) -> Session:
    identity = identities.assumed_role(
        hour.account.id,
        "AWSServiceRoleForConfig",
        "AWSConfig-Describe",
        access_key=hour.key(),
        created=hour.created(),
        path="/aws-service-role/config.amazonaws.com/",
        invoked_by="config.amazonaws.com",
    )
    return _session(kind, identity, "config.amazonaws.com", "config.amazonaws.com", "AWSConfig-Describe")


def _script(hour: _Hour, kind: Kind, number: int) -> Session:
    user = IAM_USERS[2 + number % 2]
    key = fixed_aws_id("AKIA", hour.account.id + user)
    identity = identities.iam_user(hour.account.id, user, access_key=key)
    return _session(kind, identity, OFFICE_ADDRESSES[-1], agents.SCRIPTS[0], user)


def _partner(hour: _Hour, kind: Kind, number: int) -> Session:
    identity = identities.other_account(PARTNER_ACCOUNT, "customs-broker-sync")
    return _session(kind, identity, "198.51.100.77", hour.pick(agents.POD_SDK), "customs-broker-sync")


def _report(hour: _Hour, kind: Kind, number: int) -> Session:
    identity = identities.federated_user(
        hour.account.id, "bi-dashboard", access_key=hour.key(), created=hour.created(), issuer="svc-reporting"
    )
    return _session(kind, identity, OFFICE_ADDRESSES[-2], agents.SCRIPTS[0], "bi-dashboard")


def _token_holder(hour: _Hour, kind: Kind, number: int) -> Session:
    name = SERVICE_ACCOUNTS[number % len(SERVICE_ACCOUNTS)]
    issuer = f"arn:aws:iam::{hour.account.id}:oidc-provider/{oidc_provider(hour.region)}"
    subject = f"system:serviceaccount:larkmoor:{name}"
    identity = identities.web_identity(issuer, "sts.amazonaws.com", subject)
    address = public_address(f"{hour.account.id}{hour.region}nat{number % 3}")
    return _session(kind, identity, address, hour.pick(agents.POD_SDK), f"eks-{name}")


def _console_user(hour: _Hour, kind: Kind, number: int) -> Session:
    user = IAM_USERS[number % 2]
    identity = identities.iam_user(hour.account.id, user)
    return _session(kind, identity, hour.pick(OFFICE_ADDRESSES), hour.pick(agents.BROWSER), user)


def _staff(hour: _Hour, kind: Kind, number: int) -> Session:
    person = hour.pick(PEOPLE) + "@larkmoor.example"
    identity = identities.identity_center_user(hour.account.id, person)
    return _session(kind, identity, hour.pick(OFFICE_ADDRESSES), hour.pick(agents.BROWSER), person)


def _root(hour: _Hour, kind: Kind, number: int) -> Session:
    identity = identities.root(hour.account.id, access_key=hour.key(), created=hour.created(), mfa=True)
    return _session(kind, identity, OFFICE_ADDRESSES[0], agents.BROWSER[0], hour.account.id)


_WORKING = (Stage.PRODUCTION, Stage.STAGING, Stage.DATA)

KINDS = (
    Kind("instance", 10, 1100, workload_calls.INSTANCE, _instance, only=_WORKING),
    Kind("function", 12, 1200, workload_calls.FUNCTION, _function, only=_WORKING),
    Kind("pod", 6, 500, workload_calls.WORKLOAD, _pod, only=_WORKING),
    Kind("pipeline", 3, 700, staff_calls.DEPLOYMENT, _pipeline, version="1.10"),
    Kind("console", 5, 700, staff_calls.LOOKING, _person, console=True),
    Kind("command-line", 3, 400, staff_calls.LOOKING, _person, version="1.09"),
    Kind("assume", 4, 1700, workload_calls.ASSUME_BY_SERVICE, _aws_service, version="1.08", direct=False),
    Kind("service", 4, 2900, workload_calls.SERVICE, _aws_service, version="1.09", direct=False),
    Kind("recorder", 1, 500, workload_calls.CONFIG, _recorder, version="1.10", direct=False),
    Kind("script", 2, 300, workload_calls.REPORTING, _script, version="1.08", only=_WORKING),
    Kind("partner", 1, 80, workload_calls.PARTNER, _partner, only=(Stage.DATA,)),
    Kind("report", 1, 60, workload_calls.REPORTING, _report, version="1.08", only=(Stage.DATA, Stage.PRODUCTION)),
    Kind("token", 4, 200, workload_calls.WEB_IDENTITY, _token_holder, version="1.08", only=_WORKING),
    Kind("sign-in", 2, 12, staff_calls.SIGN_IN, _console_user, version="1.09"),
    Kind("sign-in-failure", 2, 3, staff_calls.SIGN_IN_FAILURE, _console_user, version="1.09"),
    Kind("identity-center", 3, 200, staff_calls.IDENTITY_CENTER, _staff, version="1.09", only=(Stage.MANAGEMENT,)),
    Kind(
        "root", 1, 10, staff_calls.ROOT, _root, version="1.10", only=(Stage.MANAGEMENT,), global_only=True, console=True
    ),
)


def kinds_in(account: Account, region: str) -> tuple[Kind, ...]:
    """The kinds of principal at work in an account and region."""
    return tuple(
        kind
        for kind in KINDS
        if (not kind.only or account.stage in kind.only) and (not kind.global_only or region == GLOBAL_REGION)
    )


def hour_sessions(seed: int, account: Account, region: str, start: datetime) -> tuple[Session, ...]:
    """The sessions of one hour, always the same for the same arguments."""
    hour = _Hour(account, region, start, Entropy(f"{seed}/sessions/{account.id}/{region}/{iso(start)}"))
    return tuple(kind.make(hour, kind, number) for kind in kinds_in(account, region) for number in range(kind.sessions))
