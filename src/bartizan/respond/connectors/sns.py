"""AWS SNS: the notification as JSON, its subject for subscribers by mail."""

from datetime import datetime

from bartizan.connector_config import SnsConfig
from bartizan.respond.delivery import AwsCall
from bartizan.respond.message import subject, xml_safe_json
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets
from bartizan.respond.template import clipped

MAX_SUBJECT_CHARACTERS = 100
"""Less than 100 printable ASCII characters, the first no blank (docs.aws.amazon.com/sns/latest/api/API_Publish)."""

GROUP = "bartizan"
"""The message group of FIFO topics and queues: everything in order."""


def request(settings: SnsConfig, secrets: Secrets, notification: Notification, now: datetime) -> AwsCall:
    """A FIFO topic drops a second delivery within five minutes by its deduplication id, the delivery's id."""
    parameters = {
        "TopicArn": settings.topic_arn,
        "Message": xml_safe_json(notification, settings.template),
        "Subject": clipped(_ascii(subject(notification)), MAX_SUBJECT_CHARACTERS - 1),
        "MessageAttributes": {"delivery_id": {"DataType": "String", "StringValue": notification.id}},
    }
    if settings.topic_arn.endswith(".fifo"):
        parameters |= {"MessageGroupId": GROUP, "MessageDeduplicationId": notification.id}
    return AwsCall("sns", settings.topic_arn.split(":")[3], "publish", parameters, settings.endpoint_url)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode().strip() or "alert"
