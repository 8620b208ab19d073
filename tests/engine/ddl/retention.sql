ALTER TABLE "logs-aws.cloudtrail-default"
MODIFY TTL toDateTime("event.ingested") + toIntervalDay(90);

ALTER TABLE "logs-aws.cloudtrail-default"
REMOVE TTL;
