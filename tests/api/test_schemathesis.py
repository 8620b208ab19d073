"""Requests made up from the API's own description: whatever is sent, no answer is a fault of the server's."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from tests.api.test_openapi import OPERATIONS

EXAMPLES = 30
"""Requests for each operation."""


@pytest.fixture(scope="module")
def described(client: httpx.Client, attack: dict[str, Any]) -> Any:
    """The API's description, as the server gives it, over a store with events and alerts."""
    assert attack
    return schemathesis.openapi.from_url(f"{client.base_url}/api/openapi.json".replace("//api", "/api"))


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_no_request_is_answered_with_a_fault(described: Any, method: str, path: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=described[path][method.upper()].as_strategy())
    def send(case: Any) -> None:
        case.call_and_validate(checks=[not_a_server_error])

    send()
