"""A judge that lets everything pass would be of no use: it is given requests that are wrong in one way each."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ..checks import Claims, Context
from . import discovery, openapi
from .judge import Asked, judge

OPENAPI = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "security": [{"bearer": []}],
    "paths": {
        "/things": {
            "get": {
                "operationId": "things",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}},
                    {"name": "kind", "in": "query", "required": True, "schema": {"type": "string", "enum": ["a", "b"]}},
                    {"name": "ids", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "integer"}}},
                    {
                        "name": "made",
                        "in": "query",
                        "style": "deepObject",
                        "schema": {
                            "anyOf": [
                                {"type": "object", "properties": {"gte": {"type": "integer"}}, "additionalProperties": False},
                                {"type": "integer"},
                            ]
                        },
                    },
                ],
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
            }
        },
        "/things/{id}": {
            "get": {
                "operationId": "thing",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {},
            }
        },
    },
}

DISCOVERY = {
    "title": "Reports",
    "parameters": {"alt": {"type": "string", "location": "query", "enum": ["json"]}},
    "schemas": {
        "Request": {
            "type": "object",
            "properties": {"limit": {"type": "string", "format": "int64"}, "names": {"type": "array", "items": {"$ref": "Name"}}},
        },
        "Name": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
    "resources": {
        "reports": {
            "methods": {
                "run": {
                    "id": "reports.run",
                    "path": "v1/{+property}:run",
                    "flatPath": "v1/properties/{propertiesId}:run",
                    "httpMethod": "POST",
                    "scopes": ["x"],
                    "parameters": {"property": {"type": "string", "location": "path", "required": True}},
                    "request": {"$ref": "Request"},
                    "response": {"$ref": "Name"},
                }
            }
        }
    },
}

RIGHT = [
    (OPENAPI, "GET", "/things?kind=a&limit=10&ids=1,2&made[gte]=5", None),
    (OPENAPI, "GET", "/things?kind=b&made=5", None),
    (OPENAPI, "GET", "/things/7", None),
    (DISCOVERY, "POST", "/v1/properties/9007199254740993:run?alt=json", {"limit": "5", "names": [{"name": "x"}]}),
]
#: Each with a part of what is found.
WRONG = [
    (OPENAPI, "GET", "/thing", None, "no path"),
    (OPENAPI, "POST", "/things?kind=a", None, "not POST"),
    (OPENAPI, "GET", "/things?kind=a&colour=red", None, "unknown parameter colour"),
    (OPENAPI, "GET", "/things?limit=5", None, "kind is missing"),
    (OPENAPI, "GET", "/things?kind=c", None, "kind: 'c' is not one of"),
    (OPENAPI, "GET", "/things?kind=a&limit=11", None, "greater than the maximum"),
    (OPENAPI, "GET", "/things?kind=a&limit=many", None, "is not of type 'integer'"),
    (OPENAPI, "GET", "/things?kind=a&limit=1&limit=2", None, "2 times"),
    (OPENAPI, "GET", "/things?kind=a&ids=1,two", None, "is not of type 'integer'"),
    (OPENAPI, "GET", "/things?kind=a&made[since]=5", None, "made"),
    (OPENAPI, "GET", "/things/7", {"a": 1}, "a body where none goes"),
    (DISCOVERY, "POST", "/v1/properties/1:run", None, "no body"),
    (DISCOVERY, "POST", "/v1/properties/1:run", {"limit": 5}, "body.limit"),
    (DISCOVERY, "POST", "/v1/properties/1:run", {"limits": "5"}, "body.limits is not in the schema"),
    (DISCOVERY, "POST", "/v1/properties/1:run", {"names": [{"title": "x"}]}, "body.names[0].title is not in the schema"),
    (DISCOVERY, "POST", "/v1/properties/1:walk", {}, "no path"),
]


def check(context: Context, claims: Claims) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "document.json"
        file.write_text(json.dumps(OPENAPI))
        things = openapi.read(file)
        file.write_text(json.dumps(DISCOVERY))
        read = {id(OPENAPI): things, id(DISCOVERY): discovery.read(file)}

    def problems(document: dict, method: str, target: str, body: dict | None, headers: dict | None = None) -> list[str]:
        text = b"" if body is None else json.dumps(body).encode()
        asked = Asked(method, target, {"authorization": "Bearer x"} if headers is None else headers, text)
        judge(read[id(document)], asked)
        return asked.problems

    for right in RIGHT:
        claims.equal(problems(*right), [], f"what is wrong with {right[1:]}")
    for *wrong, part in WRONG:
        found = problems(*wrong)
        claims.that(any(part in it for it in found), f"{wrong[1:]} is refused for: {part}", found)
    claims.equal(problems(OPENAPI, "GET", "/things/7", None, {}), ["no credentials"], "what is wrong without credentials")
