"""The description of the API is whole: whoever generates a client from it finds every operation, body and error."""

from typing import Any

import httpx
import pytest

OPERATIONS = {
    ("get", "/api/v1/health"),
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
    ("get", "/api/v1/rules/{id}"),
    ("get", "/api/v1/connectors"),
    ("post", "/api/v1/connectors/{name}/test"),
    ("post", "/api/v1/connectors/{name}/retry"),
    ("get", "/api/v1/connectors/deliveries"),
}
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
    assert answers["202" if "202" in answers else "200"]["content"]["application/json"]["schema"]
    for status in ("400", "401", "404", "409", "413", "415", "422", "500", "503"):
        assert answers[status]["content"]["application/json"]["schema"] == ERROR


def test_bodies_are_described(described: dict[str, Any]) -> None:
    ingest = described["paths"]["/api/v1/ingest"]["post"]["requestBody"]["content"]
    assert ingest.keys() == {"application/octet-stream", "application/x-tar"}
    assert described["paths"]["/api/v1/search"]["post"]["requestBody"]["required"]
    assert "HTTPValidationError" not in described["components"]["schemas"]
