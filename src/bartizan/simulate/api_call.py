"""One API call as CloudTrail records it, and short ways to describe the common ones.

`<slot>` marks are filled per record, `#<slot>` becomes a number (see `template`).
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


def denied(action: str) -> tuple[str, str]:
    """How most services refuse a call for want of a right."""
    message = f"User: <arn> is not authorized to perform: {action} because no identity-based policy allows it"
    return ("AccessDenied", message)


def ec2_denied(action: str) -> tuple[str, str]:
    """How EC2 refuses a call for want of a right."""
    message = f"You are not authorized to perform this operation. User: <arn> is not authorized to perform: {action}"
    return ("Client.UnauthorizedOperation", message)


BUCKET_RESOURCE = {"accountId": "<account>", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::<bucket>"}
_OBJECT_RESOURCE = {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::<bucket>/<key><hex10>"}
HOST = "<bucket>.s3.<region>.amazonaws.com"


def s3_extra(received: Json, sent: Json) -> Json:
    """The `additionalEventData` of an S3 call: bytes in and out."""
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": received,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": "<id2>",
        "bytesTransferredOut": sent,
    }


def s3_object(name: str, weight: int, *, write: bool = False) -> ApiCall:
    """A call on an S3 object: a data event."""
    extra = s3_extra("#<size>", "#<small>") if write else s3_extra(0, "#<size>")
    return ApiCall(
        "s3",
        name,
        weight,
        request={"bucketName": "<bucket>", "Host": HOST, "key": "<key><hex10>"},
        response={"x-amz-server-side-encryption": "AES256"} if write else None,
        read_only=not write,
        data=True,
        extra=extra,
        resources=(_OBJECT_RESOURCE, BUCKET_RESOURCE),
        failure=denied("s3:PutObject" if write else "s3:GetObject"),
    )


def s3_bucket(name: str, weight: int, parameter: str) -> ApiCall:
    """A read of a bucket's setting, which the query parameter names."""
    return ApiCall(
        "s3",
        name,
        weight,
        request={"bucketName": "<bucket>", "Host": HOST, parameter: ""},
        extra=s3_extra(0, "#<small>"),
        resources=(BUCKET_RESOURCE,),
        failure=denied(f"s3:{name}"),
    )


def describe(source: str, name: str, weight: int, request: Json = None, right: str = "") -> ApiCall:
    """A read; with `right` it is at times refused for want of that right."""
    failure = None
    if right:
        failure = ec2_denied(right) if source == "ec2" else denied(right)
    return ApiCall(source, name, weight, request=request, failure=failure)


GET_CALLER_IDENTITY = ApiCall("sts", "GetCallerIdentity", 20)
INSTANCES = {"instancesSet": {"items": [{"instanceId": "<instance>"}]}, "filterSet": {}}
