"""AWS SQS: the notification as JSON."""

from datetime import datetime

from bartizan.connector_config import SqsConfig
from bartizan.respond.connectors.sns import GROUP
from bartizan.respond.delivery import AwsCall
from bartizan.respond.message import xml_safe_json
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets


def request(settings: SqsConfig, secrets: Secrets, notification: Notification, now: datetime) -> AwsCall:
    """A FIFO queue drops a second delivery within five minutes by its deduplication id, the delivery's id."""
    parameters = {
        "QueueUrl": settings.queue_url,
        "MessageBody": xml_safe_json(notification, settings.template),
        "MessageAttributes": {"delivery_id": {"DataType": "String", "StringValue": notification.id}},
    }
    if settings.queue_url.endswith(".fifo"):
        parameters |= {"MessageGroupId": GROUP, "MessageDeduplicationId": notification.id}
    return AwsCall("sqs", settings.region, "send_message", parameters, settings.endpoint_url)
