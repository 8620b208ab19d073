"""What machines, functions, pods, services and partners call on an ordinary day. A data table."""

from bartizan.simulate.api_call import (
    BUCKET_RESOURCE,
    GET_CALLER_IDENTITY,
    HOST,
    INSTANCES,
    ApiCall,
    denied,
    describe,
    s3_bucket,
    s3_extra,
    s3_object,
)

_KEY_RESOURCE = {"accountId": "<account>", "type": "AWS::KMS::Key", "ARN": "<kmskey>"}
_S3_CONTEXT = {"aws:s3:arn": "arn:aws:s3:::<bucket>/<key><hex10>"}

GET_OBJECT = s3_object("GetObject", 110)
_HEAD_OBJECT = s3_object("HeadObject", 30)
_PUT_OBJECT = s3_object("PutObject", 60, write=True)
LIST_OBJECTS = ApiCall(
    "s3",
    "ListObjects",
    20,
    request={"list-type": "2", "bucketName": "<bucket>", "encoding-type": "url", "prefix": "<key>", "Host": HOST},
    data=True,
    extra=s3_extra(0, "#<small>"),
    resources=({"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::<bucket>/<key>"}, BUCKET_RESOURCE),
    failure=denied("s3:ListBucket"),
)
_DECRYPT = ApiCall(
    "kms",
    "Decrypt",
    120,
    request={"encryptionContext": _S3_CONTEXT, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    resources=(_KEY_RESOURCE,),
    failure=denied("kms:Decrypt"),
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
    failure=denied("secretsmanager:GetSecretValue"),
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


WORKLOAD = (
    GET_OBJECT,
    _HEAD_OBJECT,
    _PUT_OBJECT,
    LIST_OBJECTS,
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
INSTANCE = (*WORKLOAD, _UPDATE_INSTANCE_INFORMATION, describe("ec2", "DescribeTags", 20, {"filterSet": {"items": [
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

CONFIG = (
    s3_bucket("GetBucketEncryption", 20, "encryption"),
    s3_bucket("GetBucketAcl", 20, "acl"),
    s3_bucket("GetBucketPublicAccessBlock", 20, "publicAccessBlock"),
    describe("ec2", "DescribeInstances", 30, INSTANCES),
    describe("ec2", "DescribeVpcs", 20, {"vpcSet": {}, "filterSet": {}}),
    describe("lambda", "ListTags20170331", 20, {"resource": "arn:aws:lambda:<region>:<account>:function:<function>"}),
    describe("iam", "GetUser", 20, {"userName": "<user>"}),
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
PARTNER = (GET_OBJECT, LIST_OBJECTS)
REPORTING = (GET_OBJECT, LIST_OBJECTS, GET_CALLER_IDENTITY, s3_bucket("GetBucketLocation", 20, "location"))
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
