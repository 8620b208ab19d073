-- One AWS WAF log record (log format 1 of WAF v2 and of WAF Classic): a web request and what the web ACL decided.
-- The steps are subqueries, each over the columns of the one before, and members are taken out of the tuple once: the
-- engine analyses that far faster than aliases of aliases and long paths.
WITH
    parsed AS (
        SELECT id, message, JSONExtract(message, 'Tuple(
            timestamp Nullable(Int64), formatVersion LowCardinality(String), webaclId LowCardinality(String),
            action LowCardinality(String), terminatingRuleId LowCardinality(String), terminatingRuleType LowCardinality(String),
            terminatingRuleMatchDetails String, nonTerminatingMatchingRules String, ruleGroupList String, rateBasedRuleList String,
            httpSourceName LowCardinality(String), httpSourceId LowCardinality(String), cfDistributionTenantId LowCardinality(String),
            httpRequest Tuple(clientIp String, country LowCardinality(String), headers Array(Tuple(name String, value String)),
                host String, scheme LowCardinality(String), uri String, args String, fragment String,
                httpVersion LowCardinality(String), httpMethod LowCardinality(String), requestId String),
            requestHeadersInserted Array(Tuple(name String, value String)), labels Array(Tuple(name String)),
            captchaResponse Tuple(responseCode Nullable(Int64), solveTimestamp Nullable(Int64), failureReason LowCardinality(String)),
            challengeResponse Tuple(responseCode Nullable(Int64), solveTimestamp Nullable(Int64), failureReason LowCardinality(String)),
            requestBodySize Nullable(Int64), requestBodySizeInspectedByWAF Nullable(Int64),
            responseCodeSent Nullable(Int64), oversizeFields Array(String), ja3Fingerprint String, ja4Fingerprint String,
            clientAsn Nullable(Int64), ClientASN Nullable(Int64))') AS r
        FROM records
    ),
    members AS (
        SELECT id, message,
            tupleElement(r, 'timestamp') AS timestamp, tupleElement(r, 'formatVersion') AS formatVersion,
            tupleElement(r, 'webaclId') AS webaclId, tupleElement(r, 'action') AS action,
            tupleElement(r, 'terminatingRuleId') AS terminatingRuleId, tupleElement(r, 'terminatingRuleType') AS terminatingRuleType,
            tupleElement(r, 'terminatingRuleMatchDetails') AS terminatingRuleMatchDetails, tupleElement(r, 'nonTerminatingMatchingRules') AS nonTerminatingMatchingRules,
            tupleElement(r, 'ruleGroupList') AS ruleGroupList, tupleElement(r, 'rateBasedRuleList') AS rateBasedRuleList,
            tupleElement(r, 'httpSourceName') AS httpSourceName, tupleElement(r, 'httpSourceId') AS httpSourceId,
            tupleElement(r, 'cfDistributionTenantId') AS cfDistributionTenantId, tupleElement(r, 'requestHeadersInserted') AS requestHeadersInserted,
            tupleElement(r, 'labels') AS labels, tupleElement(r, 'captchaResponse') AS captchaResponse,
            tupleElement(r, 'challengeResponse') AS challengeResponse, tupleElement(r, 'requestBodySize') AS requestBodySize,
            tupleElement(r, 'requestBodySizeInspectedByWAF') AS requestBodySizeInspectedByWAF, tupleElement(r, 'responseCodeSent') AS responseCodeSent,
            tupleElement(r, 'oversizeFields') AS oversizeFields, tupleElement(r, 'ja3Fingerprint') AS ja3Fingerprint,
            tupleElement(r, 'ja4Fingerprint') AS ja4Fingerprint, tupleElement(r, 'clientAsn') AS clientAsn,
            tupleElement(r, 'ClientASN') AS ClientASN, tupleElement(r, 'httpRequest') AS request
        FROM parsed
    ),
    named AS (
        SELECT *,
            position(message, '\\') = 0 AS is_plain,
            arrayMap(name -> lower(name), request.headers.name) AS header_names,
            request.headers.value AS header_values,
            -- A rule group names the rule inside it that decided.
            if(position(ruleGroupList, '"terminatingRule":{') = 0, '', JSONExtractString(concat('{"id":"',
                extract(ruleGroupList, '"terminatingRule":\\{[^{}]*?"ruleId":"((?:[^"\\\\]|\\\\.)*)"'), '"}'), 'id')) AS group_rule_id,
            toIPv6OrNull(request.clientIp) AS client_ip,
            timeOfEpoch(timestamp) AS `time`
        FROM members
    ),
    headed AS (
        SELECT *,
            toLowCardinality(if(request.host = '', header_values[indexOf(header_names, 'host')], request.host)) AS host,
            toLowCardinality(header_values[indexOf(header_names, 'user-agent')]) AS agent
        FROM named
    ),
    stepped AS (
        SELECT *, replaceRegexpOne(host, ':\\d*$', '') AS domain, userAgentSteps(agent) AS agent_steps
        FROM headed
    ),
    told AS (
        SELECT *, userAgent(agent, agent_steps) AS agent_parts
        FROM stepped
    )
SELECT
    `time` AS `@timestamp`,
    id AS `event.id`,
    'event' AS `event.kind`,
    ['web'] AS `event.category`,
    alphaTokens(transform(action, ['ALLOW', 'BLOCK'], ['access allowed', 'access denied'], 'access')) AS `event.type`,
    action AS `event.action`,
    transform(action, ['ALLOW', 'BLOCK', 'CAPTCHA', 'CHALLENGE'], ['success', 'failure', 'failure', 'failure'], '')
        AS `event.outcome`,
    multiIf(
        message = '', 'the record is empty',
        timestamp IS NULL AND webaclId = '' AND NOT isValidJSON(message),
            'the record is not valid JSON, or nested deeper than 1,024 levels',
        timestamp IS NULL AND webaclId = '', 'not a WAF log record: it has neither `timestamp` nor `webaclId`',
        timestamp IS NULL, '`timestamp` is missing or not a number of milliseconds',
        `time` IS NULL, '`timestamp` lies outside the years 1970 to 2261',
        request.clientIp = '', '`httpRequest.clientIp` is missing',
        client_ip IS NULL, '`httpRequest.clientIp` is not an IP address',
        '') AS `error.message`,
    request.clientIp AS `source.address`,
    client_ip AS `source.ip`,
    coalesce(clientAsn, ClientASN) AS `source.as.number`,
    if(request.country = '-', '', request.country) AS `source.geo.country_iso_code`,
    if(client_ip IS NULL, [], [assumeNotNull(client_ip)]) AS `related.ip`,
    if(domain = '', [], [domain]) AS `related.hosts`,
    lower(extract(request.httpVersion, '^([^/]+)/')) AS `network.protocol`,
    multiIf(match(request.httpVersion, '^(?i)http/3'), 'udp', match(request.httpVersion, '^(?i)http/'), 'tcp', '') AS `network.transport`,
    toLowCardinality(multiIf(client_ip IS NULL, '', position(request.clientIp, ':') > 0, 'ipv6', 'ipv4')) AS `network.type`,
    extract(request.httpVersion, '/(.+)$') AS `http.version`,
    request.httpMethod AS `http.request.method`,
    request.requestId AS `http.request.id`,
    header_values[indexOf(header_names, 'referer')] AS `http.request.referrer`,
    requestBodySize AS `http.request.body.bytes`,
    responseCodeSent AS `http.response.status_code`,
    domain AS `url.domain`,
    CAST(toInt64OrNull(extract(host, ':(\\d{1,5})$')) AS Nullable(Int64)) AS `url.port`,
    request.uri AS `url.path`,
    request.args AS `url.query`,
    request.fragment AS `url.fragment`,
    request.scheme AS `url.scheme`,
    agent AS `user_agent.original`,
    agent_parts.1 AS `user_agent.name`,
    agent_parts.2 AS `user_agent.version`,
    agent_parts.3 AS `user_agent.device.name`,
    agent_parts.4 AS `user_agent.os.name`,
    agent_parts.5 AS `user_agent.os.version`,
    agent_parts.6 AS `user_agent.os.full`,
    ja3Fingerprint AS `tls.client.ja3`,
    terminatingRuleId AS `rule.id`,
    if(group_rule_id = '', terminatingRuleId, toLowCardinality(group_rule_id)) AS `rule.name`,
    terminatingRuleType AS `rule.ruleset`,
    toLowCardinality('aws') AS `cloud.provider`,
    extract(webaclId, '^arn:[^:]*:([^:]+):') AS `cloud.service.name`,
    extract(webaclId, '^arn:[^:]*:[^:]*:([^:]+):') AS `cloud.region`,
    extract(webaclId, '^arn:[^:]*:[^:]*:[^:]*:([^:]+):') AS `cloud.account.id`,
    toLowCardinality('AWS') AS `observer.vendor`,
    toLowCardinality('WAF') AS `observer.product`,
    toLowCardinality('firewall') AS `observer.type`,
    webaclId AS `aws.waf.arn`,
    replaceRegexpOne(webaclId, '^arn:[^:]*:[^:]*:[^:]*:[^:]*:', '') AS `aws.waf.id`,
    formatVersion AS `aws.waf.format_version`,
    if(httpSourceName = '-', '', httpSourceName) AS `aws.waf.source.name`,
    if(httpSourceId = '-', '', httpSourceId) AS `aws.waf.source.id`,
    cfDistributionTenantId AS `aws.waf.source.tenant_id`,
    jsonOrNothing(terminatingRuleMatchDetails) AS `aws.waf.terminating_rule_match_details`,
    jsonCompact(jsonOrNothing(nonTerminatingMatchingRules)) AS `aws.waf.non_terminating_matching_rules`,
    jsonCompact(jsonOrNothing(ruleGroupList)) AS `aws.waf.rule_group_list`,
    jsonOrNothing(rateBasedRuleList) AS `aws.waf.rate_based_rule_list`,
    jsonOfNameValues(request.headers, is_plain) AS `aws.waf.request.headers`,
    jsonOfNameValues(requestHeadersInserted, is_plain) AS `aws.waf.request_headers_inserted`,
    arrayFilter(name -> name != '', labels.name) AS `aws.waf.labels.name`,
    captchaResponse.responseCode AS `aws.waf.captcha_response.response_code`,
    timeOfEpoch(nullIf(captchaResponse.solveTimestamp, 0)) AS `aws.waf.captcha_response.solve_timestamp`,
    captchaResponse.failureReason AS `aws.waf.captcha_response.failure_reason`,
    challengeResponse.responseCode AS `aws.waf.challenge_response.response_code`,
    timeOfEpoch(nullIf(challengeResponse.solveTimestamp, 0)) AS `aws.waf.challenge_response.solve_timestamp`,
    challengeResponse.failureReason AS `aws.waf.challenge_response.failure_reason`,
    requestBodySize AS `aws.waf.request_body_size`,
    requestBodySizeInspectedByWAF AS `aws.waf.request_body_size_inspected_by_waf`,
    responseCodeSent AS `aws.waf.response_code_sent`,
    oversizeFields AS `aws.waf.oversize_fields`,
    ja4Fingerprint AS `aws.waf.ja4_fingerprint`
FROM told
