WITH JSONExtract(
    message,
    'Tuple(
        `@timestamp` String,
        alert Tuple(
            id String, status String, severity String, risk_score Nullable(Int64), reason String,
            events Array(String), rule Tuple(type String), `start` String, `end` String
        ),
        rule Tuple(id String, name String, description String, category Array(String), reference String),
        threat Tuple(
            framework String,
            tactic Tuple(id Array(String), name Array(String)),
            technique Tuple(
                id Array(String), name Array(String),
                subtechnique Tuple(id Array(String), name Array(String))
            )
        ),
        event Tuple(
            action String, provider String, outcome String, category Array(String), type Array(String),
            dataset String, module String
        ),
        user Tuple(id String, name String, target Tuple(name String)),
        source Tuple(ip String, address String),
        destination Tuple(ip String, port Nullable(Int64)),
        host Tuple(id String, name String),
        process Tuple(name String, executable String),
        user_agent Tuple(original String),
        cloud Tuple(account Tuple(id String), region String, provider String),
        related Tuple(user Array(String), ip Array(String), hosts Array(String), hash Array(String))
    )'
) AS a
SELECT
    parseDateTime64BestEffortOrNull(a.`@timestamp`, 3, 'UTC') AS `@timestamp`,
    a.alert.id AS `event.id`,
    'signal' AS `event.kind`,
    if(a.alert.id = '', 'it is not an alert: it has no alert.id', '') AS `error.message`,
    a.alert.id AS `alert.id`,
    a.alert.status AS `alert.status`,
    a.alert.severity AS `alert.severity`,
    a.alert.risk_score AS `alert.risk_score`,
    a.alert.reason AS `alert.reason`,
    a.alert.events AS `alert.events`,
    a.alert.rule.type AS `alert.rule.type`,
    parseDateTime64BestEffortOrNull(a.alert.`start`, 3, 'UTC') AS `alert.start`,
    parseDateTime64BestEffortOrNull(a.alert.`end`, 3, 'UTC') AS `alert.end`,
    a.rule.id AS `rule.id`,
    a.rule.name AS `rule.name`,
    a.rule.description AS `rule.description`,
    arrayStringConcat(a.rule.category, ', ') AS `rule.category`,
    a.rule.reference AS `rule.reference`,
    a.threat.framework AS `threat.framework`,
    a.threat.tactic.id AS `threat.tactic.id`,
    a.threat.tactic.name AS `threat.tactic.name`,
    a.threat.technique.id AS `threat.technique.id`,
    a.threat.technique.name AS `threat.technique.name`,
    a.threat.technique.subtechnique.id AS `threat.technique.subtechnique.id`,
    a.threat.technique.subtechnique.name AS `threat.technique.subtechnique.name`,
    a.event.action AS `event.action`,
    a.event.provider AS `event.provider`,
    a.event.outcome AS `event.outcome`,
    a.event.category AS `event.category`,
    a.event.type AS `event.type`,
    a.user.id AS `user.id`,
    a.user.name AS `user.name`,
    a.user.target.name AS `user.target.name`,
    toIPv6OrNull(a.source.ip) AS `source.ip`,
    a.source.address AS `source.address`,
    toIPv6OrNull(a.destination.ip) AS `destination.ip`,
    a.destination.port AS `destination.port`,
    a.host.id AS `host.id`,
    a.host.name AS `host.name`,
    a.process.name AS `process.name`,
    a.process.executable AS `process.executable`,
    a.user_agent.original AS `user_agent.original`,
    a.cloud.account.id AS `cloud.account.id`,
    a.cloud.region AS `cloud.region`,
    a.cloud.provider AS `cloud.provider`,
    a.related.user AS `related.user`,
    arrayMap(x -> assumeNotNull(x), arrayFilter(x -> x IS NOT NULL, arrayMap(x -> toIPv6OrNull(x), a.related.ip))) AS `related.ip`,
    a.related.hosts AS `related.hosts`,
    a.related.hash AS `related.hash`
FROM records
