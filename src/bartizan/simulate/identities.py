"""The `userIdentity` element of a CloudTrail record, for every type that CloudTrail knows.

Shapes follow the "CloudTrail userIdentity element" page of the CloudTrail user guide.
"""

from bartizan.simulate.company import IDENTITY_STORE
from bartizan.simulate.entropy import fixed_aws_id, fixed_uuid
from bartizan.simulate.template import Json


def role_arn(account: str, role: str, path: str = "/") -> str:
    """The ARN of an IAM role."""
    return f"arn:aws:iam::{account}:role{path}{role}"


def user_arn(account: str, user: str) -> str:
    """The ARN of an IAM user."""
    return f"arn:aws:iam::{account}:user/{user}"


def session_arn(account: str, role: str, session: str) -> str:
    """The ARN of a session of an IAM role."""
    return f"arn:aws:sts::{account}:assumed-role/{role}/{session}"


def assumed_role(
    account: str,
    role: str,
    session: str,
    *,
    access_key: str,
    created: str,
    path: str = "/",
    mfa: bool = False,
    more_context: Json = None,
    invoked_by: str = "",
) -> Json:
    """A session of a role: EC2, Lambda, EKS, Identity Center or CI, told apart by `more_context`."""
    role_id = fixed_aws_id("AROA", account + role)
    identity: dict[str, Json] = {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session}",
        "arn": session_arn(account, role, session),
        "accountId": account,
        "accessKeyId": access_key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": role_arn(account, role, path),
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": created, "mfaAuthenticated": str(mfa).lower()},
            **(more_context or {}),
        },
    }
    return identity | ({"invokedBy": invoked_by} if invoked_by else {})


def iam_user(account: str, user: str, *, access_key: str = "", created: str = "", mfa: bool = False) -> Json:
    """An IAM user; with `created` it works in a console or other temporary session."""
    identity: dict[str, Json] = {
        "type": "IAMUser",
        "principalId": fixed_aws_id("AIDA", account + user),
        "arn": user_arn(account, user),
        "accountId": account,
    }
    if access_key:
        identity["accessKeyId"] = access_key
    identity["userName"] = user
    if created:
        identity["sessionContext"] = {"attributes": {"creationDate": created, "mfaAuthenticated": str(mfa).lower()}}
    return identity


def root(account: str, *, access_key: str = "", created: str = "", mfa: bool = False) -> Json:
    """The root user of an account."""
    identity: dict[str, Json] = {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": access_key,
    }
    if created:
        identity["sessionContext"] = {"attributes": {"creationDate": created, "mfaAuthenticated": str(mfa).lower()}}
    return identity


def service(principal: str) -> Json:
    """An AWS service that acts by itself."""
    return {"type": "AWSService", "invokedBy": principal}


def other_account(account: str, principal: str) -> Json:
    """A principal of an account outside the organisation; its own account alone sees who it is."""
    return {"type": "AWSAccount", "principalId": f"{fixed_aws_id('AROA', principal)}:{principal}", "accountId": account}


def federated_user(account: str, name: str, *, access_key: str, created: str, issuer: str) -> Json:
    """A user with credentials of `GetFederationToken`, issued by an IAM user."""
    return {
        "type": "FederatedUser",
        "principalId": f"{account}:{name}",
        "arn": f"arn:aws:sts::{account}:federated-user/{name}",
        "accountId": account,
        "accessKeyId": access_key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "IAMUser",
                "principalId": fixed_aws_id("AIDA", account + issuer),
                "arn": user_arn(account, issuer),
                "accountId": account,
                "userName": issuer,
            },
            "attributes": {"creationDate": created, "mfaAuthenticated": "false"},
        },
    }


def web_identity(provider: str, audience: str, subject: str) -> Json:
    """A holder of an OpenID Connect token: an EKS service account or a CI job."""
    return {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:{audience}:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }


def identity_center_user(account: str, user: str) -> Json:
    """A member of staff at the Identity Center sign-in page."""
    return {
        "type": "IdentityCenterUser",
        "accountId": account,
        "onBehalfOf": {
            "userId": fixed_uuid(user),
            "identityStoreArn": f"arn:aws:identitystore::{account}:identitystore/{IDENTITY_STORE}",
        },
        "credentialId": fixed_uuid(user + "credential"),
    }
