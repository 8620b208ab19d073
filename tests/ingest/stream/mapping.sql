SELECT
    parseDateTime64BestEffortOrNull(JSONExtractString(message, 'time'), 3, 'UTC') AS `@timestamp`,
    if(JSONExtractString(message, 'id') = '', id, JSONExtractString(message, 'id')) AS `event.id`,
    JSONExtractString(message, 'action') AS `event.action`,
    meta['fields'] AS `event.reason`,
    if(isValidJSON(message), '', 'not valid JSON') AS `error.message`
FROM records
