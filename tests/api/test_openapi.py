"""The description of the API is whole: whoever generates a client from it finds every operation, body and error."""

from typing import Any

import httpx
import pytest

OPERATIONS = {
    ("post", "/api/v1/exceptions/preview"),
    ("get", "/api/v1/exceptions/preview/{id}"),
    ("delete", "/api/v1/exceptions/preview/{id}"),
    ("get", "/api/v1/health"),
    ("get", "/api/v1/packs"),
    ("get", "/api/v1/packs/{id}"),
    ("get", "/api/v1/pack-conflicts"),
    ("post", "/api/v1/ingest"),
    ("post", "/api/v1/search"),
    ("delete", "/api/v1/searches/{id}"),
    ("get", "/api/v1/alerts"),
    ("get", "/api/v1/alerts/groups"),
    ("get", "/api/v1/alerts/{id}"),
    ("patch", "/api/v1/alerts/{id}"),
    ("get", "/api/v1/alerts/{id}/ancestors"),
    ("get", "/api/v1/alerts/{id}/history"),
    ("get", "/api/v1/alerts/{id}/notes"),
    ("post", "/api/v1/alerts/{id}/notes"),
    ("get", "/api/v1/alerts/changes"),
    ("post", "/api/v1/alerts/changes"),
    ("get", "/api/v1/alerts/changes/{id}"),
    ("delete", "/api/v1/alerts/changes/{id}"),
    ("post", "/api/v1/alerts/changes/{id}/undo"),
    ("get", "/api/v1/rules"),
    ("get", "/api/v1/rules/coverage"),
    ("get", "/api/v1/rules/coverage/navigator"),
    ("get", "/api/v1/rules/{id}"),
    ("patch", "/api/v1/rules/{id}"),
    ("get", "/api/v1/connectors"),
    ("post", "/api/v1/connectors/{name}/test"),
    ("post", "/api/v1/connectors/{name}/retry"),
    ("get", "/api/v1/connectors/deliveries"),
    ("get", "/api/v1/cases"),
    ("post", "/api/v1/cases"),
    ("get", "/api/v1/cases/{id}"),
    ("patch", "/api/v1/cases/{id}"),
    ("delete", "/api/v1/cases/{id}"),
    ("get", "/api/v1/cases/{id}/history"),
    ("get", "/api/v1/cases/{id}/comments"),
    ("post", "/api/v1/cases/{id}/comments"),
    ("patch", "/api/v1/cases/{id}/comments/{comment}"),
    ("delete", "/api/v1/cases/{id}/comments/{comment}"),
    ("get", "/api/v1/cases/{id}/alerts"),
    ("post", "/api/v1/cases/{id}/alerts"),
    ("delete", "/api/v1/cases/{id}/alerts/{alert}"),
    ("get", "/api/v1/cases/{id}/observables"),
    ("post", "/api/v1/cases/{id}/observables"),
    ("patch", "/api/v1/cases/{id}/observables/{observable}"),
    ("delete", "/api/v1/cases/{id}/observables/{observable}"),
    ("get", "/api/v1/observables"),
    ("get", "/api/v1/cases/{id}/attachments"),
    ("post", "/api/v1/cases/{id}/attachments"),
    ("get", "/api/v1/cases/{id}/attachments/{attachment}"),
    ("delete", "/api/v1/cases/{id}/attachments/{attachment}"),
    ("get", "/api/v1/timelines"),
    ("post", "/api/v1/timelines"),
    ("get", "/api/v1/timelines/{id}"),
    ("patch", "/api/v1/timelines/{id}"),
    ("delete", "/api/v1/timelines/{id}"),
    ("post", "/api/v1/timelines/{id}/pins"),
    ("delete", "/api/v1/timelines/{id}/pins"),
    ("post", "/api/v1/timelines/{id}/notes"),
    ("patch", "/api/v1/timelines/{id}/notes/{note}"),
    ("delete", "/api/v1/timelines/{id}/notes/{note}"),
    ("get", "/api/v1/exception-lists"),
    ("post", "/api/v1/exception-lists"),
    ("get", "/api/v1/exception-lists/{id}"),
    ("patch", "/api/v1/exception-lists/{id}"),
    ("delete", "/api/v1/exception-lists/{id}"),
    ("get", "/api/v1/exception-lists/{id}/entries"),
    ("post", "/api/v1/exception-lists/{id}/entries"),
    ("get", "/api/v1/exception-lists/{id}/entries/{entry}"),
    ("patch", "/api/v1/exception-lists/{id}/entries/{entry}"),
    ("delete", "/api/v1/exception-lists/{id}/entries/{entry}"),
    ("post", "/api/v1/exception-lists/{id}/entries/{entry}/comments"),
    ("get", "/api/v1/value-lists"),
    ("post", "/api/v1/value-lists"),
    ("get", "/api/v1/value-lists/{id}"),
    ("patch", "/api/v1/value-lists/{id}"),
    ("delete", "/api/v1/value-lists/{id}"),
    ("get", "/api/v1/value-lists/{id}/values"),
    ("post", "/api/v1/value-lists/{id}/values"),
    ("delete", "/api/v1/value-lists/{id}/values"),
    ("get", "/api/v1/jobs"),
    ("get", "/api/v1/jobs/{id}"),
    ("delete", "/api/v1/jobs/{id}"),
    ("get", "/api/v1/rules/gaps"),
    ("post", "/api/v1/rules/preview"),
    ("post", "/api/v1/rules/backfill"),
    ("get", "/api/v1/rules/backfill/{id}"),
    ("delete", "/api/v1/rules/backfill/{id}"),
    ("get", "/api/v1/rules/preview/{id}"),
    ("delete", "/api/v1/rules/preview/{id}"),
}
DOWNLOADS = {"/api/v1/cases/{id}/attachments/{attachment}"}
"""What gets no JSON."""
ERROR = {"$ref": "#/components/schemas/ErrorBody"}


@pytest.fixture(scope="module")
def described(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").json()
    return found


def test_every_operation_is_described(described: dict[str, Any]) -> None:
    assert {(method, path) for path, methods in described["paths"].items() for method in methods} == OPERATIONS


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_an_operation_names_answers_errors_and_key(described: dict[str, Any], method: str, path: str) -> None:
    operation = described["paths"][path][method]
    assert operation["summary"]
    assert operation["tags"]
    assert operation["security"] == [{"HTTPBearer": []}]
    answers = operation["responses"]
    kind = "application/octet-stream" if method == "get" and path in DOWNLOADS else "application/json"
    success = answers["202" if "202" in answers else "200"]
    assert success["content"].keys() == {kind}
    assert success["content"][kind]["schema"]
    for status in ("400", "401", "404", "409", "413", "415", "422", "429", "500", "503"):
        assert answers[status]["content"]["application/json"]["schema"] == ERROR


def test_bodies_are_described(described: dict[str, Any]) -> None:
    ingest = described["paths"]["/api/v1/ingest"]["post"]["requestBody"]["content"]
    assert ingest.keys() == {"application/octet-stream", "application/x-tar"}
    assert described["paths"]["/api/v1/search"]["post"]["requestBody"]["required"]
    assert "HTTPValidationError" not in described["components"]["schemas"]
