"""The OpenAPI document says of every route what it does, what it takes, and how it refuses."""

from pathlib import Path
from typing import Any

import pytest

from bot.operations_api import routes
from tests.integration.api_house import API, ApiHouse, api_routes

pytestmark = pytest.mark.integration

REFUSALS = {"400", "401", "403", "404", "409", "413", "422", "429", "503"}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    house = ApiHouse(tmp_path_factory.mktemp("openapi"))
    described: dict[str, Any] = house.api.openapi()
    house.close()
    return described


@pytest.mark.parametrize(("method", "path"), api_routes())
def test_a_route_is_described(document: dict[str, Any], method: str, path: str) -> None:
    operation = document["paths"][API + path][method.lower()]
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert operation["tags"]
    assert operation["security"] == [{"API token": []}]
    assert set(operation["responses"]) >= REFUSALS
    refused = operation["responses"]["422"]["content"]["application/json"]["schema"]
    assert refused == {"$ref": "#/components/schemas/Refusal"}
    (success,) = {status for status in operation["responses"] if status.startswith("2")} - {"200"} or {"200"}
    assert operation["responses"][success]["description"]


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_every_route_of_the_api_is_in_the_document(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path.removeprefix(API))
        for path, operations in document["paths"].items()
        if path.startswith(API)
        for method in operations
    }
    assert described == set(api_routes())
    assert len(routes.PARTS) >= 8


def test_the_document_is_served(tmp_path: Path) -> None:
    house = ApiHouse(tmp_path)
    answer = house.program().client.get("/openapi.json")
    assert answer.json()["info"]["title"] == "Twinoffice"
    house.close()
