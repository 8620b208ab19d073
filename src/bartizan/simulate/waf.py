"""WAF records of ordinary web traffic at the shop's web ACL: mostly allowed, some blocked, rate-limited or challenged.

Shape: "Log fields for protection pack (web ACL) traffic" of the AWS WAF developer guide.
"""

from datetime import datetime

from bartizan.simulate.company import HOME_REGION, PRODUCTION, WEB_ACL, WEB_ACL_ID
from bartizan.simulate.entropy import Drawer, Entropy, fixed_hex, public_pool
from bartizan.simulate.rhythm import BLOCK_S, iso, offsets_within
from bartizan.simulate.template import Json, Template, to_text

WEB_ACL_ARN = f"arn:aws:wafv2:{HOME_REGION}:{PRODUCTION.id}:regional/webacl/{WEB_ACL}/{WEB_ACL_ID}"
LOAD_BALANCER = f"{PRODUCTION.id}-app/shop-public/{fixed_hex('alb-shop', 16)}"
HOST = "shop.larkmoor.example"
_COMMON_RULES = "AWS#AWSManagedRulesCommonRuleSet"
_BOT_RULES = "AWS#AWSManagedRulesBotControlRuleSet#Version_3.2"

_PATHS = (
    "/", "/track", "/api/v2/shipments", "/api/v2/quotes", "/api/v2/session", "/static/app.js", "/static/app.css",
    "/login", "/account/orders", "/help/customs", "/images/hero.webp", "/robots.txt", "/sitemap.xml", "/api/v2/labels",
)  # fmt: skip
_PROBED = ("/wp-login.php", "/.env", "/.git/config", "/phpmyadmin/", "/vendor/phpunit/phpunit", "/admin/config.php")
_COUNTRIES = (
    "DE",
    "FR",
    "NL",
    "GB",
    "PL",
    "ES",
    "IT",
    "SE",
    "US",
    "BE",
    "AT",
    "CZ",
    "PT",
    "IE",
    "BR",
    "IN",
    "VN",
    "RU",
)
_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile",
    "LarkmoorDriver/4.18 (Android 14)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "python-requests/2.32.3",
)


def waf_record(
    *,
    action: str,
    rule: str,
    client: str,
    country: str,
    method: str,
    uri: str,
    args: str = "",
    agent: str,
    rule_type: str = "REGULAR",
    match: tuple[dict[str, Json], ...] = (),
    groups: tuple[Json, ...] = (),
    labels: tuple[str, ...] = (),
    response_code: int | None = None,
    rates: tuple[Json, ...] = (),
    time: Json = "#<time>",
) -> Json:
    """A WAF record as AWS writes it; values may be slots of a template."""
    headers = (("Host", HOST), ("User-Agent", agent), ("Accept", "*/*"), ("X-Request-Source", "web"))
    return {
        "timestamp": time,
        "formatVersion": 1,
        "webaclId": WEB_ACL_ARN,
        "terminatingRuleId": rule,
        "terminatingRuleType": rule_type,
        "action": action,
        "terminatingRuleMatchDetails": list(match),
        "httpSourceName": "ALB",
        "httpSourceId": LOAD_BALANCER,
        "ruleGroupList": list(groups),
        "rateBasedRuleList": list(rates),
        "nonTerminatingMatchingRules": [],
        "requestHeadersInserted": None,
        "responseCodeSent": response_code,
        "httpRequest": {
            "clientIp": client,
            "country": country,
            "headers": [{"name": name, "value": value} for name, value in headers],
            "uri": uri,
            "args": args,
            "httpVersion": "HTTP/2.0",
            "httpMethod": method,
            "requestId": "1-<hex8>-<hex24>",
            "fragment": "",
            "scheme": "https",
            "host": HOST,
        },
        "labels": [{"name": name} for name in labels],
        "ja3Fingerprint": "<ja3>",
        "ja4Fingerprint": "t13d1516h2_<hex12>_<hex11>",
        "requestBodySize": "#<body>",
        "requestBodySizeInspectedByWAF": "#<body>",
    }


def _group(rule_group: str, rule: str | None) -> Json:
    """One rule group's part of a record; `rule` is the one that ended the evaluation."""
    ended = {"ruleId": rule, "action": "BLOCK", "ruleMatchDetails": None} if rule else None
    return {
        "ruleGroupId": rule_group,
        "terminatingRule": ended,
        "nonTerminatingMatchingRules": [],
        "excludedRules": None,
        "customerConfig": None,
    }


_USUAL: dict[str, Json] = {"client": "<client>", "country": "<country>", "agent": "<agent>"}
_PASSED = (_group(_COMMON_RULES, None), _group(_BOT_RULES, None))

_OUTCOMES: tuple[tuple[int, Json], ...] = (
    (700, waf_record(action="ALLOW", rule="Default_Action", method="GET", uri="<path>", groups=_PASSED, **_USUAL)),
    (180, waf_record(action="ALLOW", rule="Default_Action", method="POST", uri="<path>", args="page=<small>",
                     groups=_PASSED, **_USUAL)),
    (50, waf_record(action="BLOCK", rule="CommonRules", rule_type="MANAGED_RULE_GROUP", method="GET", uri="<probed>",
                    groups=(_group(_COMMON_RULES, "RestrictedExtensions_URIPATH"),), response_code=403,
                    labels=("awswaf:managed:aws:core-rule-set:RestrictedExtensions_URIPath",), **_USUAL)),
    (30, waf_record(action="BLOCK", rule="BotControl", rule_type="MANAGED_RULE_GROUP", method="GET", uri="<path>",
                    groups=(_group(_COMMON_RULES, None), _group(_BOT_RULES, "SignalNonBrowserUserAgent")),
                    labels=("awswaf:managed:aws:bot-control:signal:non_browser_user_agent",), response_code=403,
                    **_USUAL)),
    (15, waf_record(action="BLOCK", rule="LoginRateLimit", rule_type="RATE_BASED", method="POST", uri="/login",
                    response_code=429, rates=({"rateBasedRuleId": WEB_ACL_ID, "rateBasedRuleName": "LoginRateLimit",
                                               "limitKey": "IP", "maxRateAllowed": 100, "limitValue": "<client>"},),
                    **_USUAL)),
    (25, waf_record(action="CHALLENGE", rule="SuspectChallenge", method="GET", uri="<path>", response_code=202,
                    **_USUAL)),
)  # fmt: skip


class _Client:
    """Visitors of the shop: each address stays in one country. A record draws the address first."""

    def __init__(self, entropy: Entropy) -> None:
        self._visitors = tuple(
            (address, _COUNTRIES[n * n % 31 % len(_COUNTRIES)].encode())
            for n, address in enumerate(public_pool("visitor", 6000))
        )
        self._random = entropy.rng.random
        self._current = self._visitors[0]

    def address(self) -> bytes:
        point = self._random()
        self._current = self._visitors[int(point * point * len(self._visitors))]
        return self._current[0]

    def country(self) -> bytes:
        return self._current[1]


class WebTraffic:
    """Writes the WAF records of the shop."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._entropy = Entropy(f"{seed}/waf")
        self._slots = self._drawn()
        self._templates = [Template(to_text(document), ("time",), self._slots) for _, document in _OUTCOMES]
        self._weights = [weight for weight, _ in _OUTCOMES]

    def block(self, start: datetime, count: int) -> list[tuple[float, bytes]]:
        """`count` records of the block that begins at `start`, with their second of the block, to the millisecond."""
        self._entropy.reseed(f"{self._seed}/waf/{iso(start)}")
        rng = self._entropy.rng
        first_ms = int(start.timestamp()) * 1000
        picks = rng.choices(self._templates, weights=self._weights, k=count)
        offsets = offsets_within(rng, count, BLOCK_S * 1000)
        return [
            (offset / 1000, template.fill(b"%d" % (first_ms + offset)))
            for offset, template in zip(offsets, picks, strict=True)
        ]

    def fill(self, document: Json, moment: datetime) -> bytes:
        """A record of the attack, its request id and fingerprints drawn."""
        template = Template(to_text(document), ("time",), self._slots)
        return template.fill(b"%d" % int(moment.timestamp() * 1000))

    def _drawn(self) -> dict[str, Drawer]:
        entropy = self._entropy

        def pick(values: tuple[str, ...]) -> Drawer:
            return entropy.pick([value.encode() for value in values])

        client = _Client(entropy)
        return {
            "client": client.address,
            "country": client.country,
            "agent": pick(_AGENTS),
            "path": pick(_PATHS),
            "probed": pick(_PROBED),
            "ja3": pick(tuple(fixed_hex(f"ja3{n}", 32) for n in range(40))),
            "hex8": entropy.digits(8),
            "hex11": entropy.digits(11),
            "hex12": entropy.digits(12),
            "hex24": entropy.digits(24),
            "small": entropy.number(1, 40),
            "body": entropy.number(0, 4000),
        }
