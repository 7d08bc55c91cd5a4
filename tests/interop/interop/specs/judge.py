"""Whether a request is one that the specification allows."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from .model import Operation, Parameter, Specification


@dataclass
class Asked:
    """One request, and what is wrong with it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    operation: Operation | None = None
    values: dict = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    answer: object = None

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)


def judge(specification: Specification, asked: Asked) -> None:
    """Finds the operation, its values, and every problem."""
    operation, values, reason = specification.match(asked.method, asked.path)
    if operation is None:
        asked.problems.append(reason)
        return
    asked.operation, asked.values = operation, dict(values)
    by_name = {it.name: it for it in operation.parameters}
    for name, value in values.items():
        if name in by_name:
            check(specification, by_name[name], [value], asked)
    query(specification, operation, asked)
    body(specification, operation, asked)
    identified = "authorization" in asked.headers or "key" in dict(asked.query)
    if operation.needs_identity and not identified:
        asked.problems.append("no credentials")


def query(specification: Specification, operation: Operation, asked: Asked) -> None:
    known = {it.name: it for it in operation.parameters if it.place == "query"}
    flat: dict[str, list[str]] = defaultdict(list)
    nested: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, value in asked.query:
        outer, bracket, inner = name.partition("[")
        if bracket and outer in known and known[outer].written == "brackets":
            nested[outer].append((inner.rstrip("]"), value))
        elif name in known:
            flat[name].append(value)
        else:
            asked.problems.append(f"unknown parameter {name}={value}")
    for name, values in flat.items():
        check(specification, known[name], values, asked)
    for name, pairs in nested.items():
        listed = all(re.fullmatch(r"[0-9]*", key) for key, _ in pairs)
        value = (
            [told(specification, items(specification, known[name].schema), text) for _, text in pairs]
            if listed
            else {key: number(text) for key, text in pairs}
        )
        conform(specification, known[name].schema, value, name, asked)
        asked.values[name] = value
    for name, it in known.items():
        if it.required and name not in flat and name not in nested:
            asked.problems.append(f"{name} is missing")


def check(specification: Specification, parameter: Parameter, values: list[str], asked: Asked) -> None:
    """A parameter whose values are given by its plain name."""
    kinds = list(specification.choices(specification.resolve(parameter.schema)))
    if any(kind.get("type") == "array" for kind in kinds):
        texts = [text for value in values for text in value.split(",")] if parameter.written == "commas" else values
        inner = items(specification, parameter.schema)
        value = [told(specification, inner, text) for text in texts]
    else:
        if len(values) > 1:
            asked.problems.append(f"{parameter.name} is given {len(values)} times")
        value = told(specification, parameter.schema, values[-1])
    conform(specification, parameter.schema, value, parameter.name, asked)
    asked.values[parameter.name] = value


def items(specification: Specification, schema: dict) -> dict:
    for kind in specification.choices(specification.resolve(schema)):
        if kind.get("type") == "array":
            return kind["items"]
    return {}


def told(specification: Specification, schema: dict, text: str):
    """A text as the type that the schema wants, where it reads as that."""
    for kind in specification.choices(specification.resolve(schema)):
        if kind.get("type") == "integer" and re.fullmatch(r"-?[0-9]+", text):
            return int(text)
        if kind.get("type") == "number" and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            return float(text)
        if kind.get("type") == "boolean" and text in ("true", "false"):
            return text == "true"
    return text


def number(text: str):
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else text


def body(specification: Specification, operation: Operation, asked: Asked) -> None:
    if not asked.body:
        if operation.body and asked.method != "GET":
            asked.problems.append("no body")
        return
    if operation.body is None:
        asked.problems.append("a body where none goes")
        return
    try:
        value = json.loads(asked.body)
    except ValueError as broken:
        asked.problems.append(f"the body is no JSON: {broken}")
        return
    asked.values["body"] = value
    conform(specification, operation.body, value, "body", asked)
    if specification.closed_bodies:
        unknown(specification, operation.body, value, "body", asked)


def conform(specification: Specification, schema: dict, value, name: str, asked: Asked) -> None:
    """Adds what the validator finds."""
    for error in validator(specification, schema).iter_errors(value):
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        asked.problems.append(f"{name}{place}: {error.message}"[:400])


def validator(specification: Specification, schema: dict):
    """A validator of the schema, whose references are looked up in the whole document."""
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    registry = specification.found.get("registry")
    if registry is None:
        whole = Resource(contents=specification.document, specification=DRAFT7)
        registry = specification.found["registry"] = Registry().with_resource("urn:document", whole)
    rooted = json.loads(json.dumps(schema, default=str).replace('"$ref": "#/', '"$ref": "urn:document#/'))
    return specification.validator(rooted, registry=registry)


def unknown(specification: Specification, schema: dict, value, name: str, asked: Asked) -> None:
    """Adds the fields that no schema names."""
    described = specification.resolve(schema)
    if isinstance(value, dict) and "properties" in described:
        for key, inner in value.items():
            if key in described["properties"]:
                unknown(specification, described["properties"][key], inner, f"{name}.{key}", asked)
            elif "additionalProperties" not in described:
                asked.problems.append(f"{name}.{key} is not in the schema")
    if isinstance(value, list):
        for place, inner in enumerate(value):
            unknown(specification, described.get("items", {}), inner, f"{name}[{place}]", asked)
