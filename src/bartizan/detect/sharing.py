"""Which of the servers that run rules over one store evaluates which rule.

Each rule goes to the server that a digest of both ranks first (rendezvous hashing: Thaler and Ravishankar, "A
Name-Based Mapping Scheme for Rendezvous", 1996). So all servers that see the same others agree without a word, the
rules are spread evenly, and only those of a server that comes or goes change hands.

It decides who works, never what is found. Two servers that for a moment both take a rule find the same alerts, whose
ids follow from what they stand on; a rule that nobody takes for a moment stays where its watermark is.
"""

import hashlib
from collections.abc import Sequence


def server_of(rule: str, servers: Sequence[str]) -> str | None:
    """The id of the server that evaluates a rule; None when there are no servers."""
    return max(servers, key=lambda server: (_rank(rule, server), server), default=None)


def _rank(rule: str, server: str) -> bytes:
    return hashlib.blake2b(f"{server}\n{rule}".encode(errors="surrogatepass"), digest_size=8).digest()
