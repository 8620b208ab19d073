"""The API calls that each kind of principal makes on an ordinary day, as CloudTrail records their parameters.

A data table: `<slot>` marks are filled per record, `#<slot>` becomes a number (see `template`).
Shapes follow the CloudTrail user guide and the services' own pages on logging with CloudTrail.
"""

from dataclasses import dataclass, field

from bartizan.simulate.template import Json


@dataclass(frozen=True)
class ApiCall:
    """One API call and how CloudTrail records it."""

    source: str
    """The service's prefix: `s3` stands for `s3.amazonaws.com`."""
    name: str
    weight: int
    request: Json = None
    response: Json = None
    read_only: bool = True
    data: bool = False
    """A data event (`eventCategory` Data), else a management event."""
    extra: Json = None
    """`additionalEventData`."""
    resources: tuple[dict[str, str], ...] = ()
    failure: tuple[str, str] | None = None
    """`errorCode` and `errorMessage`: the call as it looks when it fails."""
    event_type: str = "AwsApiCall"
    record_fields: dict[str, Json] = field(default_factory=dict)
    """Further fields of the record, such as `serviceEventDetails`."""


_DENIED = (
    "AccessDenied",
    "User: <arn> is not authorized to perform: {action} because no identity-based policy allows the {action} action",
)


def _denied(action: str) -> tuple[str, str]:
    return (_DENIED[0], _DENIED[1].replace("{action}", action))


def _ec2_denied(action: str) -> tuple[str, str]:
    message = f"You are not authorized to perform this operation. User: <arn> is not authorized to perform: {action}"
    return ("Client.UnauthorizedOperation", message)


_BUCKET_RESOURCE = {"accountId": "<account>", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::<bucket>"}
_OBJECT_RESOURCE = {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::<bucket>/<key><hex10>"}
_HOST = "<bucket>.s3.<region>.amazonaws.com"


def _s3_extra(received: Json, sent: Json) -> Json:
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": received,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": "<id2>",
        "bytesTransferredOut": sent,
    }


def _s3_object(name: str, weight: int, *, write: bool = False) -> ApiCall:
    extra = _s3_extra("#<size>", "#<small>") if write else _s3_extra(0, "#<size>")
    return ApiCall(
        "s3",
        name,
        weight,
        request={"bucketName": "<bucket>", "Host": _HOST, "key": "<key><hex10>"},
        response={"x-amz-server-side-encryption": "AES256"} if write else None,
        read_only=not write,
        data=True,
        extra=extra,
        resources=(_OBJECT_RESOURCE, _BUCKET_RESOURCE),
        failure=_denied("s3:PutObject" if write else "s3:GetObject"),
    )


def _s3_bucket(name: str, weight: int, parameter: str) -> ApiCall:
    return ApiCall(
        "s3",
        name,
        weight,
        request={"bucketName": "<bucket>", "Host": _HOST, parameter: ""},
        extra=_s3_extra(0, "#<small>"),
        resources=(_BUCKET_RESOURCE,),
        failure=_denied(f"s3:{name}"),
    )


_KEY_RESOURCE = {"accountId": "<account>", "type": "AWS::KMS::Key", "ARN": "<kmskey>"}
_S3_CONTEXT = {"aws:s3:arn": "arn:aws:s3:::<bucket>/<key><hex10>"}

_GET_OBJECT = _s3_object("GetObject", 110)
_HEAD_OBJECT = _s3_object("HeadObject", 30)
_PUT_OBJECT = _s3_object("PutObject", 60, write=True)
_LIST_OBJECTS = ApiCall(
    "s3",
    "ListObjects",
    20,
    request={"list-type": "2", "bucketName": "<bucket>", "encoding-type": "url", "prefix": "<key>", "Host": _HOST},
    data=True,
    extra=_s3_extra(0, "#<small>"),
    resources=({"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::<bucket>/<key>"}, _BUCKET_RESOURCE),
    failure=_denied("s3:ListBucket"),
)
_DECRYPT = ApiCall(
    "kms",
    "Decrypt",
    120,
    request={"encryptionContext": _S3_CONTEXT, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    resources=(_KEY_RESOURCE,),
    failure=_denied("kms:Decrypt"),
)
_GENERATE_DATA_KEY = ApiCall(
    "kms",
    "GenerateDataKey",
    60,
    request={"encryptionContext": _S3_CONTEXT, "keySpec": "AES_256", "keyId": "<kmskey>"},
    resources=(_KEY_RESOURCE,),
)
_PUT_METRIC_DATA = ApiCall(
    "monitoring",
    "PutMetricData",
    70,
    request={"namespace": "Larkmoor/<function>", "metricData": [{"metricName": "<metric>", "unit": "Milliseconds"}]},
    read_only=False,
    data=True,
    resources=({"accountId": "<account>", "type": "AWS::CloudWatch::Metric", "ARN": "arn:aws:cloudwatch:::metric/*"},),
)
_CREATE_LOG_STREAM = ApiCall(
    "logs",
    "CreateLogStream",
    40,
    request={
        "logGroupName": "/aws/lambda/<function>",
        "logStreamName": "<daypath>/[$LATEST]<hex32>",
    },
    read_only=False,
    extra=None,
    failure=("ResourceAlreadyExistsException", "The specified log stream already exists"),
)
_GET_SECRET = ApiCall(
    "secretsmanager",
    "GetSecretValue",
    12,
    request={"secretId": "<secret>"},
    failure=_denied("secretsmanager:GetSecretValue"),
)
_GET_PARAMETERS = ApiCall("ssm", "GetParameters", 30, request={"withDecryption": True, "names": ["<parameter>"]})
_UPDATE_INSTANCE_INFORMATION = ApiCall(
    "ssm",
    "UpdateInstanceInformation",
    90,
    request={
        "instanceId": "<subject>",
        "agentVersion": "3.3.2471.0",
        "agentStatus": "Active",
        "platformType": "Linux",
        "platformName": "Amazon Linux",
        "platformVersion": "2023",
        "iPAddress": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "computerName": "ip-10-20-<small>.<region>.compute.internal",
        "agentName": "amazon-ssm-agent",
        "availabilityZone": "<region>b",
        "sSMConnectionChannel": "ssmmessages",
    },
    read_only=False,
)
_GET_CALLER_IDENTITY = ApiCall("sts", "GetCallerIdentity", 20)


def _dynamodb(name: str, weight: int, *, write: bool = False) -> ApiCall:
    return ApiCall(
        "dynamodb",
        name,
        weight,
        request={
            "tableName": "<table>",
            "key": {"pk": {"s": "HIDDEN_DUE_TO_SECURITY_REASONS"}},
            "consistentRead": False,
        },
        read_only=not write,
        data=True,
        resources=(
            {
                "accountId": "<account>",
                "type": "AWS::DynamoDB::Table",
                "ARN": "arn:aws:dynamodb:<region>:<account>:table/<table>",
            },
        ),
        failure=("ConditionalCheckFailedException", "The conditional request failed") if write else None,
    )


def _sqs(name: str, weight: int) -> ApiCall:
    queue = "https://sqs.<region>.amazonaws.com/<account>/<queue>"
    return ApiCall(
        "sqs",
        name,
        weight,
        request={"queueUrl": queue, "maxNumberOfMessages": 10},
        read_only=False,
        data=True,
        resources=(
            {"accountId": "<account>", "type": "AWS::SQS::Queue", "ARN": "arn:aws:sqs:<region>:<account>:<queue>"},
        ),
    )


def _describe(source: str, name: str, weight: int, request: Json = None, denied: str = "") -> ApiCall:
    failure = None
    if denied:
        failure = _ec2_denied(denied) if source == "ec2" else _denied(denied)
    return ApiCall(source, name, weight, request=request, failure=failure)


WORKLOAD = (
    _GET_OBJECT,
    _HEAD_OBJECT,
    _PUT_OBJECT,
    _LIST_OBJECTS,
    _DECRYPT,
    _GENERATE_DATA_KEY,
    _PUT_METRIC_DATA,
    _GET_SECRET,
    _GET_PARAMETERS,
    _dynamodb("GetItem", 60),
    _dynamodb("UpdateItem", 40, write=True),
    _sqs("ReceiveMessage", 30),
    _sqs("DeleteMessage", 20),
)
INSTANCE = (*WORKLOAD, _UPDATE_INSTANCE_INFORMATION, _describe("ec2", "DescribeTags", 20, {"filterSet": {"items": [
    {"name": "resource-id", "valueSet": {"items": [{"value": "<subject>"}]}}]}}, "ec2:DescribeTags"))  # fmt: skip
FUNCTION = (
    *WORKLOAD,
    _CREATE_LOG_STREAM,
    ApiCall(
        "lambda",
        "Invoke",
        40,
        request={
            "functionName": "arn:aws:lambda:<region>:<account>:function:<function>",
            "invocationType": "RequestResponse",
        },
        read_only=False,
        data=True,
        extra={"functionVersion": "arn:aws:lambda:<region>:<account>:function:<function>:$LATEST"},
        resources=(
            {
                "accountId": "<account>",
                "type": "AWS::Lambda::Function",
                "ARN": "arn:aws:lambda:<region>:<account>:function:<function>",
            },
        ),
        failure=("TooManyRequestsException", "Rate Exceeded."),
    ),
)

_INSTANCES = {"instancesSet": {"items": [{"instanceId": "<instance>"}]}, "filterSet": {}}
LOOKING = (
    _GET_CALLER_IDENTITY,
    _describe("ec2", "DescribeInstances", 60, _INSTANCES, "ec2:DescribeInstances"),
    _describe("ec2", "DescribeInstanceStatus", 20, _INSTANCES),
    _describe("ec2", "DescribeSecurityGroups", 30, {"securityGroupSet": {"items": [{"groupId": "<group>"}]},
              "securityGroupIdSet": {}, "filterSet": {}}, "ec2:DescribeSecurityGroups"),
    _describe("ec2", "DescribeSubnets", 20, {"subnetSet": {}, "filterSet": {}}),
    _describe("ec2", "DescribeVpcs", 16, {"vpcSet": {}, "filterSet": {}}),
    _describe("ec2", "DescribeVolumes", 16, {"volumeSet": {}, "filterSet": {}, "maxResults": 500}),
    _describe("ec2", "DescribeAvailabilityZones", 8, {"availabilityZoneSet": {}, "filterSet": {}}),
    _describe("autoscaling", "DescribeAutoScalingGroups", 24, {"maxRecords": 100}),
    _describe("elasticloadbalancing", "DescribeLoadBalancers", 20, {"pageSize": 400}),
    _describe("elasticloadbalancing", "DescribeTargetHealth", 24, {
        "targetGroupArn": "arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<function>/<hex16>"}),
    _describe("rds", "DescribeDBInstances", 20, {"maxRecords": 100}),
    _describe("lambda", "ListFunctions20150331", 16, {"maxItems": 50}),
    _describe("lambda", "GetFunction20150331v2", 20, {"functionName": "<function>"}, "lambda:GetFunction"),
    _describe("logs", "DescribeLogGroups", 24, {"limit": 50, "logGroupNamePrefix": "/aws/lambda/<function>"}),
    _describe("logs", "FilterLogEvents", 16, {"logGroupName": "/aws/lambda/<function>", "interleaved": True,
              "startTime": "#<epochms>", "limit": 100}),
    _describe("monitoring", "DescribeAlarms", 24, {"maxRecords": 100}),
    _describe("monitoring", "GetMetricData", 40),
    _describe("eks", "DescribeCluster", 16, {"name": "larkmoor-<region>"}),
    _describe("ecs", "DescribeServices", 20, {"cluster": "platform", "services": ["<function>"]}),
    _describe("kms", "ListAliases", 8, {"limit": 100}),
    _describe("secretsmanager", "DescribeSecret", 8, {"secretId": "<secret>"}),
    _describe("ssm", "DescribeInstanceInformation", 12, {"maxResults": 50}),
    _describe("dynamodb", "DescribeTable", 16, {"tableName": "<table>"}),
    _describe("health", "DescribeEventAggregates", 10, {"aggregateField": "eventTypeCategory"}),
    _s3_bucket("GetBucketLocation", 16, "location"),
    _s3_bucket("GetBucketVersioning", 12, "versioning"),
    _s3_bucket("GetBucketPolicy", 12, "policy"),
    _describe("iam", "GetRole", 30, {"roleName": "<role>"}, "iam:GetRole"),
    _describe("iam", "ListAttachedRolePolicies", 30, {"roleName": "<role>"}),
    _describe("iam", "ListRolePolicies", 16, {"roleName": "<role>"}),
    _describe("iam", "GetPolicyVersion", 16, {"policyArn": "arn:aws:iam::<account>:policy/<role>", "versionId": "v1"}),
    _describe("iam", "ListAccountAliases", 10),
    _describe("cloudtrail", "LookupEvents", 6, {"maxResults": 50}),
)  # fmt: skip
DEPLOYMENT = (
    *LOOKING,
    ApiCall("ecs", "UpdateService", 20, read_only=False, request={
        "cluster": "platform", "service": "<function>", "forceNewDeployment": True,
        "taskDefinition": "arn:aws:ecs:<region>:<account>:task-definition/<function>:<small>"}),
    ApiCall("lambda", "UpdateFunctionCode20150331v2", 12, read_only=False, request={
        "functionName": "<function>", "s3Bucket": "<bucket>", "s3Key": "<key><hex10>", "publish": True},
        response={"functionName": "<function>", "runtime": "python3.12", "codeSize": "#<size>", "state": "Active",
                  "functionArn": "arn:aws:lambda:<region>:<account>:function:<function>", "version": "<small>"}),
    ApiCall("ecr", "PutImage", 12, read_only=False, request={
        "registryId": "<account>", "repositoryName": "<function>", "imageTag": "<hex10>"}),
    ApiCall("ec2", "CreateTags", 10, read_only=False, response={"requestId": "<uuid>", "_return": True}, request={
        "resourcesSet": {"items": [{"resourceId": "<instance>"}]},
        "tagSet": {"items": [{"key": "release", "value": "<hex10>"}]}}, failure=_ec2_denied("ec2:CreateTags")),
)  # fmt: skip
CONFIG = (
    _s3_bucket("GetBucketEncryption", 20, "encryption"),
    _s3_bucket("GetBucketAcl", 20, "acl"),
    _s3_bucket("GetBucketPublicAccessBlock", 20, "publicAccessBlock"),
    _describe("ec2", "DescribeInstances", 30, _INSTANCES),
    _describe("ec2", "DescribeVpcs", 20, {"vpcSet": {}, "filterSet": {}}),
    _describe("lambda", "ListTags20170331", 20, {"resource": "arn:aws:lambda:<region>:<account>:function:<function>"}),
    _describe("iam", "GetUser", 20, {"userName": "<user>"}),
)


def _assume(role: str, service: str, weight: int) -> ApiCall:
    session = "<instance>" if service == "ec2" else "<function>"
    return ApiCall(
        "sts",
        "AssumeRole",
        weight,
        request={"roleArn": f"arn:aws:iam::<account>:role/{role}", "roleSessionName": session},
        response={
            "credentials": {
                "accessKeyId": "<asia>",
                "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
                "expiration": "<expiry>",
            },
            "assumedRoleUser": {
                "assumedRoleId": "<roleid>:" + session,
                "arn": f"arn:aws:sts::<account>:assumed-role/{role}/{session}",
            },
        },
        resources=({"accountId": "<account>", "type": "AWS::IAM::Role", "ARN": f"arn:aws:iam::<account>:role/{role}"},),
        record_fields={"sharedEventID": "<uuid>"},
    )


ASSUME_BY_SERVICE = (_assume("<role>", "ec2", 40), _assume("fn-<function>", "lambda", 60))
SERVICE = (_DECRYPT, _GENERATE_DATA_KEY)
PARTNER = (_GET_OBJECT, _LIST_OBJECTS)
REPORTING = (_GET_OBJECT, _LIST_OBJECTS, _GET_CALLER_IDENTITY, _s3_bucket("GetBucketLocation", 20, "location"))
WEB_IDENTITY = (
    ApiCall(
        "sts",
        "AssumeRoleWithWebIdentity",
        100,
        request={
            "roleArn": "arn:aws:iam::<account>:role/<subject>",
            "roleSessionName": "<subject>-<hex10>",
            "durationSeconds": 3600,
        },
        response={
            "credentials": {"accessKeyId": "<asia>", "sessionToken": "<token>", "expiration": "<expiry>"},
            "subjectFromWebIdentityToken": "<arn>",
            "assumedRoleUser": {
                "assumedRoleId": "<roleid>:<subject>-<hex10>",
                "arn": "arn:aws:sts::<account>:assumed-role/<subject>/<subject>-<hex10>",
            },
            "provider": "arn:aws:iam::<account>:oidc-provider/<provider>",
            "audience": "sts.amazonaws.com",
        },
        resources=(
            {"accountId": "<account>", "type": "AWS::IAM::Role", "ARN": "arn:aws:iam::<account>:role/<subject>"},
        ),
    ),
)
_LOGIN_TO = (
    "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB_<region>_<hex16>"
)
SIGN_IN = (
    ApiCall(
        "signin",
        "ConsoleLogin",
        100,
        response={"ConsoleLogin": "Success"},
        read_only=False,
        extra={
            "LoginTo": _LOGIN_TO,
            "MobileVersion": "No",
            "MFAIdentifier": "arn:aws:iam::<account>:mfa/<subject>",
            "MFAUsed": "Yes",
        },
        event_type="AwsConsoleSignIn",
    ),
    ApiCall(
        "signin",
        "CheckMfa",
        60,
        response={"CheckMfa": "Success"},
        read_only=False,
        extra={"MfaType": "Virtual MFA"},
        event_type="AwsConsoleSignIn",
    ),
)
SIGN_IN_FAILURE = (
    ApiCall(
        "signin",
        "ConsoleLogin",
        100,
        response={"ConsoleLogin": "Failure"},
        read_only=False,
        extra={"LoginTo": _LOGIN_TO, "MobileVersion": "No", "MFAUsed": "No"},
        event_type="AwsConsoleSignIn",
        record_fields={"errorMessage": "Failed authentication"},
    ),
)
IDENTITY_CENTER = (
    ApiCall("signin", "UserAuthentication", 100, read_only=False, event_type="AwsServiceEvent",
            extra={"AuthWorkflowID": "<uuid>", "UserName": "<subject>", "CredentialType": "EXTERNAL_IDP",
                   "LoginTo": "https://larkmoor.awsapps.com/start/"},
            record_fields={"serviceEventDetails": {"UserAuthentication": "Success"}}),
    ApiCall("sso", "Federate", 60, read_only=False, event_type="AwsServiceEvent",
            record_fields={"serviceEventDetails": {"role_name": "<role>", "account_id": "<account>"}}),
)  # fmt: skip
ROOT = (_describe("ce", "GetCostAndUsage", 60, {"Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}),
        _describe("iam", "GetAccountSummary", 40), _describe("tax", "GetTaxRegistration", 10))  # fmt: skip
