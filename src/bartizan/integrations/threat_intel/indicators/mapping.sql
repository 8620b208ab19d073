-- One indicator as an ECS document: `threat.indicator.*` and the feed it comes from.
WITH
    parsed AS (
        SELECT id, JSONExtract(message, 'Tuple(
            `@timestamp` String, event Tuple(id String, created String), tags Array(String),
            threat Tuple(
                feed Tuple(name String, reference String, description String),
                indicator Tuple(
                    type String, name String, description String, provider String, reference String, confidence String,
                    ip String, port Nullable(Int64), first_seen String, last_seen String, modified_at String,
                    sightings Nullable(Int64), marking Tuple(tlp String), email Tuple(address String),
                    url Tuple(full String, original String, domain String, path String),
                    file Tuple(name String, type String, size Nullable(Int64),
                        hash Tuple(md5 String, sha1 String, sha256 String, sha512 String))
                )
            ))') AS r
        FROM records
    ),
    members AS (
        SELECT id, r.`@timestamp` AS time_text, r.event AS event, r.tags AS tags, r.threat.feed AS feed, r.threat.indicator AS i
        FROM parsed
    ),
    read AS (
        SELECT *,
            toIPv6OrNull(i.ip) AS ip,
            i.ip != '' AND toIPv6OrNull(i.ip) IS NULL AS is_no_address,
            i.url.domain AS domain,
            lower(i.file.hash.md5) AS md5, lower(i.file.hash.sha1) AS sha1,
            lower(i.file.hash.sha256) AS sha256, lower(i.file.hash.sha512) AS sha512,
            arrayFirst(text -> text != '', [
                if(i.ip = '', '', i.ip), i.url.full, i.url.original, i.url.domain, i.email.address,
                i.file.hash.sha256, i.file.hash.sha1, i.file.hash.md5, i.file.hash.sha512, i.file.name
            ]) AS main
        FROM members
    )
SELECT
    coalesce(parseDateTime64BestEffortOrNull(time_text, 3, 'UTC'), parseDateTime64BestEffortOrNull(i.modified_at, 3, 'UTC'),
        parseDateTime64BestEffortOrNull(i.last_seen, 3, 'UTC'), parseDateTime64BestEffortOrNull(i.first_seen, 3, 'UTC')) AS `@timestamp`,
    if(event.id = '', id, event.id) AS `event.id`,
    parseDateTime64BestEffortOrNull(event.created, 3, 'UTC') AS `event.created`,
    'enrichment' AS `event.kind`,
    ['threat'] AS `event.category`,
    ['indicator'] AS `event.type`,
    multiIf(
        main = '', 'it is not an indicator: it has no address, URL, domain, hash, file or e-mail address',
        is_no_address, concat('`threat.indicator.ip` is no address: ', substringUTF8(i.ip, 1, 50)),
        '') AS `error.message`,
    feed.name AS `threat.feed.name`,
    feed.reference AS `threat.feed.reference`,
    feed.description AS `threat.feed.description`,
    multiIf(
        i.type != '', lower(i.type), i.ip != '', if(position(i.ip, ':') > 0, 'ipv6-addr', 'ipv4-addr'),
        i.url.full != '' OR i.url.original != '', 'url', domain != '', 'domain-name', i.email.address != '', 'email-addr',
        'file') AS `threat.indicator.type`,
    if(i.name = '', main, i.name) AS `threat.indicator.name`,
    i.description AS `threat.indicator.description`,
    i.provider AS `threat.indicator.provider`,
    i.reference AS `threat.indicator.reference`,
    i.confidence AS `threat.indicator.confidence`,
    ip AS `threat.indicator.ip`,
    i.port AS `threat.indicator.port`,
    parseDateTime64BestEffortOrNull(i.first_seen, 3, 'UTC') AS `threat.indicator.first_seen`,
    parseDateTime64BestEffortOrNull(i.last_seen, 3, 'UTC') AS `threat.indicator.last_seen`,
    parseDateTime64BestEffortOrNull(i.modified_at, 3, 'UTC') AS `threat.indicator.modified_at`,
    i.sightings AS `threat.indicator.sightings`,
    upper(i.marking.tlp) AS `threat.indicator.marking.tlp`,
    lower(i.email.address) AS `threat.indicator.email.address`,
    i.url.full AS `threat.indicator.url.full`,
    i.url.original AS `threat.indicator.url.original`,
    lower(domain) AS `threat.indicator.url.domain`,
    i.url.path AS `threat.indicator.url.path`,
    i.file.name AS `threat.indicator.file.name`,
    i.file.type AS `threat.indicator.file.type`,
    i.file.size AS `threat.indicator.file.size`,
    md5 AS `threat.indicator.file.hash.md5`,
    sha1 AS `threat.indicator.file.hash.sha1`,
    sha256 AS `threat.indicator.file.hash.sha256`,
    sha512 AS `threat.indicator.file.hash.sha512`,
    tags AS `tags`
FROM read
