"""What people and their deployment pipelines call on an ordinary day. A data table."""

from bartizan.simulate.api_call import GET_CALLER_IDENTITY, INSTANCES, ApiCall, describe, ec2_denied, s3_bucket

LOOKING = (
    GET_CALLER_IDENTITY,
    describe("ec2", "DescribeInstances", 60, INSTANCES, "ec2:DescribeInstances"),
    describe("ec2", "DescribeInstanceStatus", 20, INSTANCES),
    describe("ec2", "DescribeSecurityGroups", 30, {"securityGroupSet": {"items": [{"groupId": "<group>"}]},
              "securityGroupIdSet": {}, "filterSet": {}}, "ec2:DescribeSecurityGroups"),
    describe("ec2", "DescribeSubnets", 20, {"subnetSet": {}, "filterSet": {}}),
    describe("ec2", "DescribeVpcs", 16, {"vpcSet": {}, "filterSet": {}}),
    describe("ec2", "DescribeVolumes", 16, {"volumeSet": {}, "filterSet": {}, "maxResults": 500}),
    describe("ec2", "DescribeAvailabilityZones", 8, {"availabilityZoneSet": {}, "filterSet": {}}),
    describe("autoscaling", "DescribeAutoScalingGroups", 24, {"maxRecords": 100}),
    describe("elasticloadbalancing", "DescribeLoadBalancers", 20, {"pageSize": 400}),
    describe("elasticloadbalancing", "DescribeTargetHealth", 24, {
        "targetGroupArn": "arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<function>/<hex16>"}),
    describe("rds", "DescribeDBInstances", 20, {"maxRecords": 100}),
    describe("lambda", "ListFunctions20150331", 16, {"maxItems": 50}),
    describe("lambda", "GetFunction20150331v2", 20, {"functionName": "<function>"}, "lambda:GetFunction"),
    describe("logs", "DescribeLogGroups", 24, {"limit": 50, "logGroupNamePrefix": "/aws/lambda/<function>"}),
    describe("logs", "FilterLogEvents", 16, {"logGroupName": "/aws/lambda/<function>", "interleaved": True,
              "startTime": "#<epochms>", "limit": 100}),
    describe("monitoring", "DescribeAlarms", 24, {"maxRecords": 100}),
    describe("monitoring", "GetMetricData", 40),
    describe("eks", "DescribeCluster", 16, {"name": "larkmoor-<region>"}),
    describe("ecs", "DescribeServices", 20, {"cluster": "platform", "services": ["<function>"]}),
    describe("kms", "ListAliases", 8, {"limit": 100}),
    describe("secretsmanager", "DescribeSecret", 8, {"secretId": "<secret>"}),
    describe("ssm", "DescribeInstanceInformation", 12, {"maxResults": 50}),
    describe("dynamodb", "DescribeTable", 16, {"tableName": "<table>"}),
    describe("health", "DescribeEventAggregates", 10, {"aggregateField": "eventTypeCategory"}),
    s3_bucket("GetBucketLocation", 16, "location"),
    s3_bucket("GetBucketVersioning", 12, "versioning"),
    s3_bucket("GetBucketPolicy", 12, "policy"),
    describe("iam", "GetRole", 30, {"roleName": "<role>"}, "iam:GetRole"),
    describe("iam", "ListAttachedRolePolicies", 30, {"roleName": "<role>"}),
    describe("iam", "ListRolePolicies", 16, {"roleName": "<role>"}),
    describe("iam", "GetPolicyVersion", 16, {"policyArn": "arn:aws:iam::<account>:policy/<role>", "versionId": "v1"}),
    describe("iam", "ListAccountAliases", 10),
    describe("cloudtrail", "LookupEvents", 6, {"maxResults": 50}),
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
        "tagSet": {"items": [{"key": "release", "value": "<hex10>"}]}}, failure=ec2_denied("ec2:CreateTags")),
)  # fmt: skip
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
ROOT = (describe("ce", "GetCostAndUsage", 60, {"Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}),
        describe("iam", "GetAccountSummary", 40), describe("tax", "GetTaxRegistration", 10))  # fmt: skip
