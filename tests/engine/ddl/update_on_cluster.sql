UPDATE "local-logs-aws.cloudtrail-default" ON CLUSTER "main" SET "rule.id" = lower("rule.id") WHERE "rule.id" IN ('a', 'b');
