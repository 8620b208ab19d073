-- Functions that several mappings share. Each may call those above it.

-- JSON text as Java's Map.toString prints it, `{key=value, list=[a, b]}`: the text that public rules match on.
-- Give it what JSONExtract returns (no white space). Cut at its quotes, every second piece is outside strings: there `:`
-- and `,` are structure. Escapes are put aside as control characters, which a JSON text cannot hold, and decoded last.
CREATE FUNCTION javaMapPieces AS (pieces) -> arrayStringConcat(arrayMap(
    (piece, i) -> if(i % 2 = 1, replaceAll(replaceAll(piece, ':', '='), ',', ', '), piece),
    pieces, arrayEnumerate(pieces)));
CREATE FUNCTION javaMap AS (json) -> if(position(json, '\\') = 0,
    javaMapPieces(splitByChar('"', json)),
    JSONExtractString(concat('"',
        replaceAll(replaceAll(
            javaMapPieces(splitByChar('"', replaceAll(replaceAll(json, '\\\\', '\x05'), '\\"', '\x06'))),
            '\x06', '\\"'), '\x05', '\\\\'),
        '"')));

-- A JSON text without its empty members: null, "", {} and [] say nothing, and what only held them is empty too ('' then).
-- Each pass takes the innermost. Without escapes and without empty array elements a short pattern is exact; else strings
-- are matched whole, so that nothing inside one is mistaken for structure.
CREATE FUNCTION jsonHasEmpty AS (json) ->
    (position(json, 'null') > 0 OR position(json, '""') > 0 OR position(json, '{}') > 0 OR position(json, '[]') > 0);
CREATE FUNCTION jsonCompactPass AS (json) -> multiIf(
    NOT jsonHasEmpty(json), json,
    position(json, '\\') > 0 OR match(json, '[:,{\\[]":|[\\[,](?:null|""|\\{\\}|\\[\\])'), replaceRegexpAll(json,
        ',"(?:[^"\\\\]|\\\\.)*":(?:null|""|\\{\\}|\\[\\])|(\\{)(?:"(?:[^"\\\\]|\\\\.)*":(?:null|""|\\{\\}|\\[\\]),?)+|(\\[)(?:(?:null|""|\\{\\}|\\[\\]),?)+|,(?:null|\\{\\}|\\[\\])|,""([,\\]])|("(?:[^"\\\\]|\\\\.)*")',
        '\\1\\2\\3\\4'),
    replaceRegexpAll(json, ',"[^"]*":(?:null|""|\\{\\}|\\[\\])|"[^"]*":(?:null|""|\\{\\}|\\[\\]),?', ''));
CREATE FUNCTION jsonCompact AS (json) -> transform(
    arrayFold((text, pass) -> jsonCompactPass(text), range(if(jsonHasEmpty(json), 4, 0)), json),
    ['null', '{}', '[]'], ['', '', '']);

-- The same, short rather than fast: for columns that are computed when they are read.
CREATE FUNCTION jsonCompacted AS (json) -> transform(
    arrayFold((text, pass) -> replaceRegexpAll(text,
        ',"(?:[^"\\\\]|\\\\.)*":(?:null|""|\\{\\}|\\[\\])|(\\{)(?:"(?:[^"\\\\]|\\\\.)*":(?:null|""|\\{\\}|\\[\\]),?)+|(\\[)(?:(?:null|""|\\{\\}|\\[\\]),?)+|,(?:null|\\{\\}|\\[\\])|,""([,\\]])|("(?:[^"\\\\]|\\\\.)*")',
        '\\1\\2\\3\\4'), range(if(jsonHasEmpty(json), 4, 0)), json),
    ['null', '{}', '[]'], ['', '', '']);

-- A JSON text if it is an object's, else ''.
CREATE FUNCTION jsonObject AS (json) -> extract(json, '^\\{.*');

-- A user agent's parts, named as the uap-core rules name them, since that is what ECS pipelines everywhere use.
-- Give a LowCardinality(String): each regular expression then runs once per distinct agent of a block.
-- `.1` name, `.2` version, `.3` device.name, `.4` os.name, `.5` os.version, `.6` os.full; all '' when there is no agent.
-- `userAgent(ua, steps)` takes `userAgentSteps(ua)` from a subquery below it: its parts appear many times.
-- The alternatives are in order of precedence: tools, robots, browsers that also claim to be Chrome, the engines.
CREATE FUNCTION userAgentProduct AS (ua) -> replaceRegexpOne(replaceRegexpOne(ua,
    '(?s)^(?:.*?\\b(Boto3?|JetS3t|aws-(?:cli|sdk-(?:cpp|go|java|nodejs|ruby2?))|s3fs|minio-go|Cyberduck|S3 Browser|rclone|curl|PycURL|libcurl-agent|Wget|aria2|lftp|python-requests|Python-urllib|Google-HTTP-Java-Client|Apache-HttpClient|Go-http-client|WinHTTP|okhttp|reqwest|axios|PostmanRuntime|insomnia|libwww-perl|Windows-Update-Agent|Microsoft-CryptoAPI|Debian APT-HTTP|Ubuntu APT-HTTP|urlgrabber|masscan|Scrapy|WhatWeb|facebookexternalhit|Lynx|PhantomJS)[ /]v?(\\d+(?:\\.\\d+){0,2})|.*?([A-Za-z0-9_.-]{0,40}(?:[Bb]ot|[Ss]pider|[Cc]rawler)\\b(?:-[A-Za-z]{1,30})?)(?:[ /]v?(\\d+(?:\\.\\d+){0,2}))?|.*(Edg(?:e|A|iOS)?|OPR|Vivaldi|CriOS|FxiOS|SamsungBrowser|YaBrowser|HeadlessChrome|Electron|Firefox)/(\\d+(?:\\.\\d+){0,3})|.*(Chrome|Chromium|Version|Trident|MSIE)[ /](\\d+(?:\\.\\d+){0,3})(?:(?: Safari)? (Mobile)\\b)?|.).*$',
    '\\1\\3\\5\\7\\9\x01\\2\\4\\6\\8'),
    '^((?:OPR|HeadlessChrome|YaBrowser)\x01\\d+\\.\\d+\\.\\d+|(?:python-requests|SamsungBrowser|rclone)\x01\\d+\\.\\d+)[\\d.]*$', '\\1');
CREATE FUNCTION userAgentSystem AS (ua) -> replaceRegexpOne(ua,
    '(?s)^(?:.*?\\b(Windows NT|Windows Phone|Android|Mac OS X|iPhone OS|CPU OS|CrOS [a-z0-9_]+|Ubuntu|Fedora|Red Hat|FreeBSD|OpenBSD|NetBSD|Linux)[ /-](\\d+(?:[._]\\d+){0,2})|.*?\\b(Windows|Android|iPhone|iPad|iPod|Mac OS X|Macintosh|Debian|Ubuntu|CentOS|Fedora|Red Hat|openSUSE|SUSE|FreeBSD|OpenBSD|NetBSD|CrOS|Linux|linux)\\b|.).*$',
    '\\1\\3\x01\\2');
CREATE FUNCTION userAgentHardware AS (ua) -> replaceRegexpOne(ua,
    '(?s)^(?:.*?(iPhone|iPad|iPod|Macintosh)|.*?\\bAndroid [\\d.]+; (?:[a-z]{2}-[a-zA-Z]{2}; )?([^;)/]{1,60}?)(?: Build/[^;)]*)?[;)]|.).*$', '\\1\\2');
CREATE FUNCTION userAgentName AS (product) ->
    transform(product,
        ['', 'Edg', 'EdgA', 'EdgiOS', 'OPR', 'CriOS', 'FxiOS', 'SamsungBrowser', 'YaBrowser', 'ChromeMobile', 'Version', 'VersionMobile', 'Trident', 'MSIE', 'python-requests', 'facebookexternalhit'],
        ['Other', 'Edge', 'Edge Mobile', 'Edge Mobile', 'Opera', 'Chrome Mobile iOS', 'Firefox iOS', 'Samsung Internet', 'Yandex Browser', 'Chrome Mobile', 'Safari', 'Mobile Safari', 'IE', 'IE', 'Python Requests', 'FacebookBot'],
        product);
CREATE FUNCTION userAgentSystemName AS (system) ->
    transform(system,
        ['Windows NT', 'iPhone OS', 'CPU OS', 'iPhone', 'iPad', 'iPod', 'Macintosh', 'linux', 'CrOS', 'CrOS x86_64', 'CrOS aarch64', 'CrOS armv7l'],
        ['Windows', 'iOS', 'iOS', 'iOS', 'iOS', 'iOS', 'Mac OS X', 'Linux', 'Chrome OS', 'Chrome OS', 'Chrome OS', 'Chrome OS'], system);
CREATE FUNCTION userAgentSystemVersion AS (system) ->
    transform(system,
        ['Windows NT\x0110.0', 'Windows NT\x016.4', 'Windows NT\x016.3', 'Windows NT\x016.2', 'Windows NT\x016.1', 'Windows NT\x016.0', 'Windows NT\x015.2', 'Windows NT\x015.1', 'Windows NT\x015.0'],
        ['10', '10', '8.1', '8', '7', 'Vista', 'XP', 'XP', '2000'],
        replaceAll(extract(system, '\x01(.*)$'), '_', '.'));
-- The parts of an agent, each over the step it needs: a column that is computed when it is read takes one of them.
CREATE FUNCTION userAgentProductName AS (ua, product) -> if(ua = '', '', userAgentName(extract(product, '^([^\x01]*)\x01')));
CREATE FUNCTION userAgentProductVersion AS (product) -> transform(product,
    ['Trident\x017.0', 'Trident\x018.0', 'Trident\x016.0', 'Trident\x015.0', 'Trident\x014.0'], ['11.0', '11.0', '10.0', '9.0', '8.0'],
    extract(product, '\x01(.*)$'));
CREATE FUNCTION userAgentDevice AS (ua, hardware) -> multiIf(
    ua = '', '',
    match(ua, '(?i)bot|crawl|spider|slurp|archiver|indexer|scraper|scrapy|favicon|masscan|^java/|python-urllib|winhttp|whatweb|wordpress'), 'Spider',
    hardware = '', 'Other',
    hardware = 'Macintosh', 'Mac',
    match(hardware, '^(?:SM|GT|SGH|SCH)-'), concat('Samsung ', hardware),
    hardware);
CREATE FUNCTION userAgentOsName AS (system) -> userAgentSystemName(extract(system, '^([^\x01]*)\x01'));
CREATE FUNCTION userAgentOsFull AS (system) ->
    if(userAgentSystemVersion(system) = '', '', concat(userAgentOsName(system), ' ', userAgentSystemVersion(system)));
CREATE FUNCTION userAgentSteps AS (ua) -> tuple(userAgentProduct(ua), userAgentSystem(ua), userAgentHardware(ua));
CREATE FUNCTION userAgent AS (ua, steps) -> tuple(
    userAgentProductName(ua, tupleElement(steps, 1)),
    userAgentProductVersion(tupleElement(steps, 1)),
    userAgentDevice(ua, tupleElement(steps, 3)),
    userAgentOsName(tupleElement(steps, 2)),
    userAgentSystemVersion(tupleElement(steps, 2)),
    userAgentOsFull(tupleElement(steps, 2)));

-- Community ID, version 1, seed 0 (https://github.com/corelight/community-id-spec): one text per flow in either direction.
-- `flowEndpoint` is an address (IPv6, v4-mapped counts as IPv4) and a port in network order. For ICMP the ports are the
-- packet's type and code; a type that has a counterpart (echo and its reply) takes that as second port and stands for
-- both directions, others (counterpart -1) are one way. `first` is the lesser endpoint, or the source of a one-way flow.
-- Let a subquery compute the arguments: they appear more than once.
CREATE FUNCTION flowEndpoint AS (address, port) -> concat(
    substring(reinterpretAsFixedString(address),
        if(startsWith(reinterpretAsFixedString(address), unhex('00000000000000000000FFFF')), 13, 1)),
    reinterpretAsFixedString(byteSwap(toUInt16(port))));
CREATE FUNCTION icmpCounterpart AS (protocol, icmp_type) -> transform(protocol * 256 + icmp_type,
    [256, 264, 265, 266, 269, 270, 271, 272, 273, 274,
        14976, 14977, 14978, 14979, 14981, 14982, 14983, 14984, 14987, 14988, 14992, 14993],
    [8, 0, 10, 9, 14, 13, 16, 15, 18, 17, 129, 128, 131, 130, 134, 133, 136, 135, 140, 139, 145, 144], -1);
CREATE FUNCTION communityId AS (first, second, protocol) -> concat('1:', base64Encode(SHA1(concat('\0\0',
    left(first, -2), left(second, -2), char(protocol), '\0',
    if(has([1, 6, 17, 58, 132], protocol), concat(right(first, 2), right(second, 2)), '')))));

-- Names of the flags set in a TCP flags byte, `fin ack`; `flags` is its LowCardinality number, so it costs once per value.
CREATE FUNCTION tcpFlagNames AS (flags) -> alphaTokens(transform(flags, range(256), arrayMap(byte -> arrayStringConcat(
    arrayFilter((name, bit) -> bitTest(byte, bit), ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'], [0, 1, 2, 3, 4, 5]), ' '),
    range(256)), ''));

-- The token whose name a header holds; '' when it lacks the name. `tokens` begin with '' (before the first space) and
-- `header` is the names after three spaces and before one, LowCardinality: positions are found once per header of a block.
CREATE FUNCTION tokenNamed AS (tokens, header, name) ->
    tokens[countSubstrings(extract(header, concat('^(.*) ', name, ' ')), ' ')];

-- JSON text worth keeping: a raw array or object that isn't empty and parses, else ''.
CREATE FUNCTION jsonOrNothing AS (raw) -> if(match(raw, '^[[{][^]}]') AND isValidJSON(raw), raw, '');
-- `[{name, value}]` as the text of one JSON object; of two with one name the last stands, as a reader of JSON sees it.
-- `plain` says that the record they come from has no backslash: nothing in it needed an escape, nor will it here.
CREATE FUNCTION jsonOfNameValues AS (name_values, plain) -> multiIf(
    empty(name_values), '',
    plain, concat('{"', arrayStringConcat(
        arrayMap(pair -> concat(pair.1, '":"', pair.2), name_values), '","'), '"}'),
    toJSONString(CAST(name_values, 'Map(String, String)')));

-- The time of a number of seconds or milliseconds since 1970, told apart by size; NULL outside the years 1970 to 2261.
CREATE FUNCTION timeOfEpoch AS (epoch) -> if(epoch >= 0 AND epoch < 9214646400000,
    fromUnixTimestamp64Milli(assumeNotNull(if(epoch < 100000000000, epoch * 1000, epoch)), 'UTC'), NULL);
