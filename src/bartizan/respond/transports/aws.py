"""One call of an AWS service: the AWS library builds, signs and reads it, our own transport carries it."""

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bartizan.respond.delivery import AwsCall
from bartizan.respond.dial import Dial
from bartizan.respond.errors import DeliveryFailed, DeliveryRefused, RespondError
from bartizan.respond.template import clipped, inert
from bartizan.respond.transports.http import AGAIN, exchange, retry_after_s

THROTTLED = frozenset({"Throttling", "ThrottlingException", "Throttled", "RequestThrottled", "RequestLimitExceeded"})
"""Error codes of AWS that mean `later`, whatever the status (docs.aws.amazon.com/sdkref, retry behaviour)."""

MAX_SAID_CHARACTERS = 200


def send(call: AwsCall, dial: Dial, now: datetime) -> str:
    """Make the call once; gives the message's id. Raises `DeliveryRefused`, `DeliveryFailed`, `EgressRefused`."""
    import boto3  # noqa: PLC0415 - a second, and optional for who notifies elsewhere
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client = boto3.session.Session().client(
            call.service,
            region_name=call.region,
            endpoint_url=call.endpoint_url or None,
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.meta.events.register("before-send", _carrier(dial))
        answer: dict[str, Any] = getattr(client, call.operation)(**call.parameters)
    except ClientError as error:
        raise _refused(error.response, call, now) from error
    except (BotoCoreError, ValueError) as error:
        raise DeliveryFailed(f"the call can't be made: {inert(clipped(str(error), MAX_SAID_CHARACTERS))}") from error
    return f"message {inert(str(answer.get('MessageId', '')))}"


def _carrier(dial: Dial) -> Any:
    """Takes the place of the library's own HTTP client (its event `before-send`)."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415

    def carry(request: Any, **_: Any) -> Any:
        headers = {name: _text(value) for name, value in request.headers.items()}
        body = request.body or b""
        answer = exchange(request.method, request.url, headers, body.encode() if isinstance(body, str) else body, dial)
        return AWSResponse(request.url, answer.status, answer.headers, _Raw(answer.body))

    return carry


class _Raw(io.BytesIO):
    """A body as the library reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The body, in one piece."""
        yield self.read()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _refused(response: dict[str, Any], call: AwsCall, now: datetime) -> RespondError:
    meta, error = response.get("ResponseMetadata", {}), response.get("Error", {})
    status, code = int(meta.get("HTTPStatusCode", 0)), str(error.get("Code", ""))
    said = inert(clipped(f"{code}: {error.get('Message', '')}", MAX_SAID_CHARACTERS))
    message = f"it answered {status}: {said}"
    if status >= 500 or status in AGAIN or code in THROTTLED or status < 300:
        wait_s = retry_after_s(meta.get("HTTPHeaders", {}).get("retry-after"), now)
        return DeliveryFailed(message, where=call.service, retry_after_s=wait_s)
    return DeliveryRefused(message, where=call.service)
