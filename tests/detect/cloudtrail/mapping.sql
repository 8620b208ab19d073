-- What rules of the tests ask of a CloudTrail record, a third of its columns and none of its oddities: tests of detection store
-- hundreds of small batches, and an insert takes as long as its mapping has expressions. The shipped mapping has its own tests.
WITH
    parsed AS (
        SELECT message, JSONExtract(message, 'Tuple(
            eventTime String, eventSource String, eventName String, awsRegion String, sourceIPAddress String, userAgent String,
            errorCode String, requestParameters String, eventID String, recipientAccountId String,
            userIdentity Tuple(type String, userName String, principalId String, arn String, accountId String))') AS r
        FROM records
    ),
    named AS (
        SELECT message, tupleElement(r, 'eventTime') AS time, tupleElement(r, 'eventSource') AS provider,
            tupleElement(r, 'eventName') AS action, tupleElement(r, 'awsRegion') AS region,
            tupleElement(r, 'sourceIPAddress') AS address, tupleElement(r, 'userAgent') AS user_agent,
            tupleElement(r, 'errorCode') AS error_code, jsonCompact(tupleElement(r, 'requestParameters')) AS request,
            tupleElement(r, 'eventID') AS event_id, tupleElement(r, 'userIdentity') AS identity
        FROM parsed
    )
SELECT
    parseDateTime64BestEffortOrNull(time, 3, 'UTC') AS `@timestamp`,
    event_id AS `event.id`,
    if(action != '', '', 'the record has no `eventName`, or is nested deeper than the parser follows') AS `error.message`,
    'event' AS `event.kind`,
    if(error_code = '', 'success', 'failure') AS `event.outcome`,
    action AS `event.action`,
    provider AS `event.provider`,
    CAST(['info'], 'Array(LowCardinality(String))') AS `event.type`,
    'aws' AS `cloud.provider`,
    region AS `cloud.region`,
    tupleElement(identity, 'accountId') AS `cloud.account.id`,
    tupleElement(identity, 'userName') AS `user.name`,
    tupleElement(identity, 'principalId') AS `user.id`,
    address AS `source.address`,
    toIPv6OrNull(address) AS `source.ip`,
    user_agent AS `user_agent.original`,
    error_code AS `aws.cloudtrail.error_code`,
    tupleElement(identity, 'type') AS `aws.cloudtrail.user_identity.type`,
    tupleElement(identity, 'arn') AS `aws.cloudtrail.user_identity.arn`,
    request AS `aws.cloudtrail.flattened.request_parameters`
FROM named
