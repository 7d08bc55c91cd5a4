"""Reads Google's discovery documents."""

from __future__ import annotations

import json
from pathlib import Path

from .model import Operation, Parameter, Specification

INT64 = r"^-?[0-9]{1,20}$"


def read(path: Path) -> Specification:
    """The specification."""
    from jsonschema import Draft7Validator

    document = json.loads(path.read_text())
    schemas = {name: schema(it) for name, it in document["schemas"].items()}
    shared = tuple(parameter(name, it) for name, it in document.get("parameters", {}).items())
    operations = list(methods(document, document.get("resources", {}), shared))
    operations += [operation(document, it, shared) for it in document.get("methods", {}).values()]
    return Specification(document["title"], operations, {"schemas": schemas}, Draft7Validator, closed_bodies=True)


def methods(document: dict, resources: dict, shared: tuple[Parameter, ...]):
    for resource in resources.values():
        for method in resource.get("methods", {}).values():
            yield operation(document, method, shared)
        yield from methods(document, resource.get("resources", {}), shared)


def operation(document: dict, it: dict, shared: tuple[Parameter, ...]) -> Operation:
    template = "/" + document.get("servicePath", "") + it.get("flatPath", it["path"])
    own = tuple(
        parameter(name, described) for name, described in it.get("parameters", {}).items() if described["location"] == "query"
    )
    reference = lambda key: schema(it[key]) if key in it else None
    return Operation(
        it["id"], it["httpMethod"], template, own + shared, reference("request"), reference("response"), bool(it.get("scopes"))
    )


def parameter(name: str, it: dict) -> Parameter:
    described = schema(it)
    if it.get("repeated"):
        # Google takes commas, too; then it is one text.
        described = {"type": "array", "items": described}
    return Parameter(name, it["location"], described, it.get("required") is True)


def schema(it: dict) -> dict:
    """The same as JSON schema draft 7: other references, `any`, numbers as text, required fields in a list of their own."""
    if "$ref" in it:
        return {"$ref": f"#/schemas/{it['$ref']}"}
    kept = {key: it[key] for key in ("type", "format", "enum", "description", "pattern", "default") if key in it}
    if kept.get("type") == "any":
        del kept["type"]
    if kept.get("type") == "string" and kept.get("format") in ("int64", "uint64"):
        kept["pattern"] = INT64
    if kept.get("type") == "integer" and "default" in kept:
        kept["default"] = int(kept["default"])
    for bound in ("minimum", "maximum"):
        if bound in it:
            kept[bound] = float(it[bound])
    if "properties" in it:
        kept["properties"] = {name: schema(inner) for name, inner in it["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in it:
            kept[key] = schema(it[key])
    return kept
