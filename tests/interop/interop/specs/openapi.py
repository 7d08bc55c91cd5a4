"""Reads OpenAPI 3.0."""

from __future__ import annotations

import json
from pathlib import Path

from .model import Operation, Parameter, Specification

METHODS = ("get", "post", "put", "patch", "delete")


def load(path: Path) -> dict:
    """The document, JSON or YAML."""
    import yaml

    text = path.read_text()
    if path.suffix == ".json":
        return json.loads(text)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)


def read(path: Path, server: str = "") -> Specification:
    """The specification; `server` is the path of the server that the document's paths are below."""
    from openapi_schema_validator import OAS30Validator

    document = load(path)
    specification = Specification(document["info"]["title"], [], document, OAS30Validator, closed_bodies=False)
    operations = []
    for template, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method in item:
                operations.append(operation(specification, server + template, method, item[method], shared))
    return Specification(document["info"]["title"], operations, document, OAS30Validator, closed_bodies=False)


def operation(specification: Specification, template: str, method: str, item: dict, shared: list) -> Operation:
    given = {(it["in"], it["name"]): it for it in map(specification.resolve, [*shared, *item.get("parameters", [])])}
    answers = item.get("responses", {})
    answer = specification.resolve(answers.get("200") or answers.get("201") or {})
    body = specification.resolve(item.get("requestBody", {}))
    return Operation(
        name=item.get("operationId", f"{method} {template}"),
        method=method.upper(),
        template=template,
        parameters=tuple(parameter(it) for it in given.values()),
        body=content(body),
        answer=content(answer),
        needs_identity=bool(item.get("security", specification.document.get("security"))),
    )


def content(described: dict) -> dict | None:
    """The schema of the one kind of content that is read here."""
    for kind, it in described.get("content", {}).items():
        if kind in ("application/json", "application/x-www-form-urlencoded"):
            return it.get("schema")
    return None


def parameter(it: dict) -> Parameter:
    style = it.get("style", "form")
    written = "brackets" if style == "deepObject" else "repeat" if it.get("explode", style == "form") else "commas"
    schema = it.get("schema") or next(iter(it.get("content", {}).values()), {}).get("schema", {})
    return Parameter(it["name"], it["in"], schema, it.get("required", False), written)
