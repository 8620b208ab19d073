ALTER TABLE "local-logs-aws.cloudtrail-default" ON CLUSTER "main"
MODIFY TTL toDateTime("event.ingested") + toIntervalDay(90);

ALTER TABLE "local-logs-aws.cloudtrail-default" ON CLUSTER "main"
REMOVE TTL;
