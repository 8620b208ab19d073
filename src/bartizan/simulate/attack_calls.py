"""The API calls of the simulated attack, in order, with the parameters and answers that CloudTrail records for them.

A data table. Shapes follow each service's "Logging API calls with AWS CloudTrail" page; `<slot>` marks are ids and
dates that `attack` fills in.
"""

from dataclasses import dataclass
from enum import StrEnum

from bartizan.simulate.company import (
    GLOBAL_REGION,
    HOME_REGION,
    LOG_BUCKET,
    PRODUCTION,
    SECRETS,
    TRAIL,
    bucket_names,
    secret_arn,
)
from bartizan.simulate.entropy import fixed_hex, fixed_uuid
from bartizan.simulate.template import Json

VICTIM = "marta.kellan"
BACKDOOR = "svc-backup"
STOLEN_ROLE = "larkmoor-web-instance"
FOREIGN_ACCOUNT = "998877665544"

_ACCOUNT = PRODUCTION.id
_TRAIL_ARN = f"arn:aws:cloudtrail:{HOME_REGION}:{_ACCOUNT}:trail/{TRAIL}"
_KEY_ARN = f"arn:aws:kms:{HOME_REGION}:{_ACCOUNT}:key/{fixed_uuid('kms-ledger')}"
_GROUP = "sg-0" + fixed_hex("sg-bastion", 16)
_ALB_ARN = (
    f"arn:aws:elasticloadbalancing:{HOME_REGION}:{_ACCOUNT}:loadbalancer/app/partner/{fixed_hex('alb-partner', 16)}"
)
_BUCKETS = bucket_names(PRODUCTION)
_INVOICES, _EXPORTS, _BACKUPS = _BUCKETS[1], _BUCKETS[3], _BUCKETS[6]
_XML = "http://s3.amazonaws.com/doc/2006-03-01/"


class Actor(StrEnum):
    """Whose credentials the attacker uses."""

    VICTIM_SIGN_IN = "the phished user at the sign-in page"
    VICTIM = "the phished user's access key"
    VICTIM_CONSOLE = "the phished user's console session"
    BACKDOOR = "the access key made for another user"
    ROOT_SIGN_IN = "the root user at the sign-in page"
    ROOT = "the root user's console session"
    STOLEN_ROLE = "an instance's role, used from outside"


@dataclass(frozen=True)
class Move:
    """One API call of the attack."""

    minute: float
    """When, from the beginning of the attack; the whole takes 120 minutes."""
    actor: Actor
    source: str
    name: str
    technique: str
    request: Json = None
    response: Json = None
    read_only: bool = False
    region: str = HOME_REGION
    extra: Json = None
    resources: tuple[dict[str, str], ...] = ()
    data: bool = False
    error_message: str = ""
    event_type: str = "AwsApiCall"
    api_version: str = ""


def _sign_in(minute: float, actor: Actor, technique: str, *, success: bool) -> Move:
    return Move(
        minute,
        actor,
        "signin",
        "ConsoleLogin",
        technique,
        response={"ConsoleLogin": "Success" if success else "Failure"},
        region=GLOBAL_REGION,
        extra={
            "LoginTo": "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true",
            "MobileVersion": "No",
            "MFAUsed": "No",
        },
        error_message="" if success else "Failed authentication",
        event_type="AwsConsoleSignIn",
    )


def _iam(minute: float, actor: Actor, name: str, technique: str, request: Json = None, response: Json = None) -> Move:
    read_only = name.startswith(("List", "Get"))
    return Move(minute, actor, "iam", name, technique, request, response, read_only=read_only, region=GLOBAL_REGION)


def _s3(minute: float, actor: Actor, name: str, technique: str, bucket: str, more: Json = None) -> Move:
    return Move(
        minute,
        actor,
        "s3",
        name,
        technique,
        {**(more or {}), "bucketName": bucket, "Host": f"{bucket}.s3.{HOME_REGION}.amazonaws.com"},
        read_only=name.startswith(("List", "Get")),
        extra=_s3_extra(0),
        resources=({"accountId": _ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},),
    )


def _s3_extra(sent_bytes: int) -> Json:
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": 0,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": "<id2>",
        "bytesTransferredOut": sent_bytes,
    }


def _list_buckets(minute: float, actor: Actor, technique: str) -> Move:
    return Move(
        minute,
        actor,
        "s3",
        "ListBuckets",
        technique,
        {"Host": f"s3.{HOME_REGION}.amazonaws.com"},
        read_only=True,
        extra=_s3_extra(2114),
    )


def _stolen_object(number: int) -> Move:
    key = f"invoices/2026/{fixed_hex(f'stolen{number}', 4)}/{fixed_hex(f'stolen-part{number}', 10)}.parquet"
    arns = (
        {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{_INVOICES}/{key}"},
        {"accountId": _ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{_INVOICES}"},
    )
    return Move(
        88 + number * 0.4,
        Actor.STOLEN_ROLE,
        "s3",
        "GetObject",
        "T1530",
        {"bucketName": _INVOICES, "Host": f"{_INVOICES}.s3.{HOME_REGION}.amazonaws.com", "key": key},
        read_only=True,
        extra=_s3_extra(48_000_000 + number * 1_300_007),
        resources=arns,
        data=True,
    )


def _secret(number: int, name: str) -> Move:
    request = {"secretId": secret_arn(PRODUCTION, HOME_REGION, name)}
    minute = 52 + number * 0.15
    return Move(minute, Actor.BACKDOOR, "secretsmanager", "GetSecretValue", "T1555.006", request, read_only=True)


_BACKDOOR, _ROOT, _VICTIM = Actor.BACKDOOR, Actor.ROOT, Actor.VICTIM

RECONNAISSANCE = (
    _sign_in(5.0, Actor.VICTIM_SIGN_IN, "T1110", success=False),
    _sign_in(5.4, Actor.VICTIM_SIGN_IN, "T1110", success=False),
    _sign_in(5.9, Actor.VICTIM_SIGN_IN, "T1110", success=False),
    _sign_in(7.0, Actor.VICTIM_SIGN_IN, "T1078.004", success=True),
    Move(9.0, _VICTIM, "sts", "GetCallerIdentity", "T1087.004", read_only=True),
    _iam(10.0, Actor.VICTIM_CONSOLE, "ListUsers", "T1087.004", {"maxItems": 1000}),
    _iam(10.5, Actor.VICTIM_CONSOLE, "ListRoles", "T1087.004", {"maxItems": 1000}),
    _list_buckets(11.0, _VICTIM, "T1619"),
    Move(11.6, _VICTIM, "ec2", "DescribeInstances", "T1580", {"maxResults": 1000, "instancesSet": {}, "filterSet": {}},
         read_only=True),
    _iam(12.5, _VICTIM, "GetAccountAuthorizationDetails", "T1087.004", {"maxItems": 1000}),
)  # fmt: skip
PERSISTENCE = (
    _iam(15.0, Actor.VICTIM_CONSOLE, "CreateAccessKey", "T1098.001", {"userName": BACKDOOR}, {"accessKey": {
        "userName": BACKDOOR, "accessKeyId": "<backdoorkey>", "status": "Active", "createDate": "<now>"}}),
    _iam(18.0, Actor.VICTIM_CONSOLE, "AttachUserPolicy", "T1098.003", {
        "userName": BACKDOOR, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    _iam(22.0, _BACKDOOR, "DeactivateMFADevice", "T1556.006", {
        "userName": "erik.solberg", "serialNumber": f"arn:aws:iam::{_ACCOUNT}:mfa/erik.solberg"}),
    _sign_in(27.0, Actor.ROOT_SIGN_IN, "T1078.004", success=True),
)  # fmt: skip
EVASION = (
    Move(33.0, _BACKDOOR, "cloudtrail", "StopLogging", "T1562.008", {"name": _TRAIL_ARN}),
    Move(34.0, _BACKDOOR, "cloudtrail", "UpdateTrail", "T1562.008", {
        "name": TRAIL, "includeGlobalServiceEvents": False, "isMultiRegionTrail": False,
        "enableLogFileValidation": False}, {
        "name": TRAIL, "s3BucketName": LOG_BUCKET, "includeGlobalServiceEvents": False, "isMultiRegionTrail": False,
        "trailARN": _TRAIL_ARN, "logFileValidationEnabled": False, "isOrganizationTrail": False}),
    Move(36.0, _ROOT, "cloudtrail", "DeleteTrail", "T1562.008", {"name": _TRAIL_ARN}),
    Move(38.0, _BACKDOOR, "ec2", "DeleteFlowLogs", "T1562.008", {
        "DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-0" + fixed_hex("fl-legacy", 16), "tag": 1}}}, {
        "DeleteFlowLogsResponse": {"xmlns": "http://ec2.amazonaws.com/doc/2016-11-15/", "unsuccessful": "",
                                   "requestId": "<requestid>"}}),
    Move(40.0, _BACKDOOR, "guardduty", "DeleteDetector", "T1562.001", {"detectorId": fixed_hex("detector", 32)}),
    Move(41.0, _BACKDOOR, "config", "StopConfigurationRecorder", "T1562.001", {"configurationRecorderName": "default"}),
    Move(43.0, _BACKDOOR, "waf-regional", "DeleteRule", "T1562.007", {
        "ruleId": fixed_uuid("waf-rule"), "changeToken": fixed_uuid("waf-token")},
        {"changeToken": fixed_uuid("waf-token")}, api_version="2016-11-28"),
    Move(44.0, _BACKDOOR, "wafv2", "DisassociateWebACL", "T1562.007", {"resourceArn": _ALB_ARN},
         api_version="2019-04-23"),
    Move(44.6, _BACKDOOR, "wafv2", "DeleteRuleGroup", "T1562.007", {
        "name": "partner-blocks", "scope": "REGIONAL", "id": fixed_uuid("rule-group"),
        "lockToken": fixed_uuid("rule-group-lock")}, api_version="2019-04-23"),
    Move(45.2, _BACKDOOR, "wafv2", "DeleteWebACL", "T1562.007", {
        "name": "partner-portal", "scope": "REGIONAL", "id": fixed_uuid("partner-acl"),
        "lockToken": fixed_uuid("partner-acl-lock")}, api_version="2019-04-23"),
)  # fmt: skip
COLLECTION = (
    Move(51.0, _BACKDOOR, "secretsmanager", "ListSecrets", "T1555.006", {"maxResults": 100}, read_only=True),
    *(_secret(number, name) for number, name in enumerate(SECRETS)),
    Move(60.0, _BACKDOOR, "s3", "DeleteAccountPublicAccessBlock", "T1562.001", {
        "publicAccessBlock": "", "Host": f"{_ACCOUNT}.s3-control.{HOME_REGION}.amazonaws.com"}, extra=_s3_extra(0)),
    _s3(61.0, _BACKDOOR, "PutBucketPublicAccessBlock", "T1562.001", _INVOICES, {
        "publicAccessBlock": "", "PublicAccessBlockConfiguration": {
            "xmlns": _XML, "RestrictPublicBuckets": False, "BlockPublicPolicy": False, "BlockPublicAcls": False,
            "IgnorePublicAcls": False}}),
    _s3(62.0, _BACKDOOR, "DeleteBucketPublicAccessBlock", "T1562.001", _EXPORTS, {"publicAccessBlock": ""}),
    _s3(64.0, _BACKDOOR, "PutBucketPolicy", "T1530", _INVOICES, {"policy": "", "bucketPolicy": {
        "Version": "2012-10-17", "Statement": [{"Sid": "AllowAll", "Effect": "Allow", "Principal": "*",
                                                "Action": "s3:GetObject",
                                                "Resource": f"arn:aws:s3:::{_INVOICES}/*"}]}}),
    Move(68.0, _BACKDOOR, "ec2", "ModifySnapshotAttribute", "T1537", {
        "snapshotId": "snap-0" + fixed_hex("snapshot", 16), "attributeType": "CREATE_VOLUME_PERMISSION",
        "createVolumePermission": {"add": {"items": [{"userId": FOREIGN_ACCOUNT}]}}},
        {"requestId": "<requestid>", "_return": True}),
    Move(70.0, _BACKDOOR, "rds", "ModifyDBSnapshotAttribute", "T1537", {
        "attributeName": "restore", "dBSnapshotIdentifier": "shop-nightly-0412", "valuesToAdd": [FOREIGN_ACCOUNT]}, {
        "dBSnapshotIdentifier": "shop-nightly-0412",
        "dBSnapshotAttributes": [{"attributeName": "restore", "attributeValues": [FOREIGN_ACCOUNT]}]}),
    Move(74.0, _BACKDOOR, "ec2", "AuthorizeSecurityGroupIngress", "T1562.007", {
        "groupId": _GROUP, "ipPermissions": {"items": [{
            "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {},
            "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "ipv6Ranges": {}, "prefixListIds": {}}]}}, {
        "requestId": "<requestid>", "_return": True, "securityGroupRuleSet": {"items": [{
            "groupOwnerId": _ACCOUNT, "groupId": _GROUP, "securityGroupRuleId": "sgr-0" + fixed_hex("sgr", 16),
            "isEgress": False, "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "0.0.0.0/0"}]}}),
)  # fmt: skip
EXFILTRATION = (
    Move(84.0, Actor.STOLEN_ROLE, "sts", "GetCallerIdentity", "T1552.005", read_only=True),
    _list_buckets(85.0, Actor.STOLEN_ROLE, "T1619"),
    _s3(86.0, Actor.STOLEN_ROLE, "ListObjects", "T1619", _INVOICES, {"list-type": "2", "encoding-type": "url"}),
    *(_stolen_object(number) for number in range(25)),
)
IMPACT = (
    Move(106.0, _BACKDOOR, "kms", "ScheduleKeyDeletion", "T1485", {"keyId": _KEY_ARN, "pendingWindowInDays": 7}, {
        "keyId": _KEY_ARN, "deletionDate": "<inaweek>", "keyState": "PendingDeletion", "pendingWindowInDays": 7},
        resources=({"accountId": _ACCOUNT, "type": "AWS::KMS::Key", "ARN": _KEY_ARN},)),
    _s3(112.0, _BACKDOOR, "DeleteBucket", "T1485", _BACKUPS),
)  # fmt: skip

MOVES = (*RECONNAISSANCE, *PERSISTENCE, *EVASION, *COLLECTION, *EXFILTRATION, *IMPACT)
