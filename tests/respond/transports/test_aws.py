"""SNS and SQS as moto's server plays them, and a server that answers what AWS would in trouble."""

from collections.abc import Iterator
from typing import Any

import boto3
import orjson
import pytest
from moto.server import ThreadedMotoServer

from bartizan.connector_config import SnsConfig, SqsConfig
from bartizan.respond.connectors import sns, sqs
from bartizan.respond.delivery import AwsCall
from bartizan.respond.dial import Dial
from bartizan.respond.errors import DeliveryFailed, DeliveryRefused, EgressRefused
from bartizan.respond.notification import Notification
from bartizan.respond.secrets import Secrets
from bartizan.respond.transports.aws import send
from tests.respond.conftest import NOW, alert, egress
from tests.respond.servers import answers, hangs, http_target

REGION = "eu-west-1"
NONE = Secrets({})
HOSTILE = "\x00\ud7ff\ufffe\uffff\U0001f600 ]]> & <x>"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "EXAMPLEKEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(service: str, endpoint: str) -> Any:
    return boto3.client(service, region_name=REGION, endpoint_url=endpoint)


def notification(id: str) -> Notification:
    return Notification(id, (alert(id, name=HOSTILE),))


@pytest.mark.slow
def test_a_queue_gets_the_notification(endpoint: str, dial: Dial) -> None:
    queues = client("sqs", endpoint)
    url = queues.create_queue(QueueName="alerts")["QueueUrl"]
    settings = SqsConfig(queue_url=url, region=REGION, endpoint_url=endpoint)
    assert send(sqs.request(settings, NONE, notification("d1"), NOW), dial, NOW).startswith("message ")
    (message,) = queues.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    body = orjson.loads(message["Body"])
    assert (body["id"], body["alerts"][0]["user"]["name"]) == ("d1", HOSTILE)
    assert message["MessageAttributes"]["delivery_id"]["StringValue"] == "d1"


@pytest.mark.slow
def test_a_fifo_queue_takes_a_delivery_once(endpoint: str, dial: Dial) -> None:
    queues = client("sqs", endpoint)
    url = queues.create_queue(QueueName="alerts.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    settings = SqsConfig(queue_url=url, region=REGION, endpoint_url=endpoint)
    for _ in range(2):
        send(sqs.request(settings, NONE, notification("d1"), NOW), dial, NOW)
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "1"


@pytest.mark.slow
def test_a_topic_gets_the_notification(endpoint: str, dial: Dial) -> None:
    queues, topics = client("sqs", endpoint), client("sns", endpoint)
    url = queues.create_queue(QueueName="from-topic")["QueueUrl"]
    arn = topics.create_topic(Name="alerts")["TopicArn"]
    topics.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:from-topic")
    send(sns.request(SnsConfig(topic_arn=arn, endpoint_url=endpoint), NONE, notification("d1"), NOW), dial, NOW)
    (message,) = queues.receive_message(QueueUrl=url)["Messages"]
    told = orjson.loads(message["Body"])
    assert told["Subject"] == "[high] Logging stopped"
    assert orjson.loads(told["Message"])["id"] == "d1"


@pytest.mark.slow
def test_a_topic_that_is_not_there(endpoint: str, dial: Dial) -> None:
    settings = SnsConfig(topic_arn=f"arn:aws:sns:{REGION}:123456789012:gone", endpoint_url=endpoint)
    with pytest.raises(DeliveryRefused, match="NotFound"):
        send(sns.request(settings, NONE, notification("d1"), NOW), dial, NOW)


def call(endpoint: str) -> AwsCall:
    return AwsCall("sqs", REGION, "send_message", {"QueueUrl": f"{endpoint}/1/q", "MessageBody": "x"}, endpoint)


TROUBLE = [
    (400, b'{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow"}', DeliveryFailed),
    (400, b'{"__type":"com.amazonaws.sqs#InvalidMessageContents","message":"no"}', DeliveryRefused),
    (403, b'{"__type":"AccessDenied","message":"no"}', DeliveryRefused),
    (503, b"<html>", DeliveryFailed),
]


@pytest.mark.slow
@pytest.mark.parametrize(("status", "body", "error"), TROUBLE)
def test_an_error_says_whether_to_try_again(dial: Dial, status: int, body: bytes, error: type[Exception]) -> None:
    with http_target(answers(status, body, Content_Type="application/x-amz-json-1.0")) as target:
        with pytest.raises(error):
            send(call(target.url.removesuffix("/hook")), dial, NOW)
        assert len(target.requests) == 1


@pytest.mark.slow
def test_calls_go_through_the_same_door(dial: Dial) -> None:
    with http_target(hangs) as target:
        endpoint = target.url.removesuffix("/hook")
        with pytest.raises(EgressRefused):
            send(call(endpoint), Dial(egress(()), 60), NOW)
        assert not target.requests
        with pytest.raises(DeliveryFailed, match="within"):
            send(call(endpoint), Dial(egress(), 0.3), NOW)
