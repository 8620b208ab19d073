UPDATE "logs-aws.cloudtrail-default" SET "rule.id" = lower("rule.id")
WHERE
  "rule.id" IN ('a', 'b');
