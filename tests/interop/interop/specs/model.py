"""What a specification says, whatever it is written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One thing that a request may say beside its body."""

    name: str
    place: str  # `path`, `query` or `header`
    schema: dict
    required: bool = False
    #: How a list or an object is written: `repeat` (a=1&a=2), `commas` (a=1,2), `brackets` (a[x]=1, a[]=1).
    written: str = "repeat"


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    name: str
    method: str
    template: str
    parameters: tuple[Parameter, ...]
    body: dict | None
    answer: dict | None
    needs_identity: bool

    def pattern(self) -> re.Pattern:
        """Matches a path, with a group for each parameter."""
        pieces = re.split(r"\{([^}]+)\}", self.template)
        texts = [re.escape(piece) if place % 2 == 0 else "([^/:]+)" for place, piece in enumerate(pieces)]
        return re.compile("".join(texts))

    def names(self) -> list[str]:
        """The parameters in the path, in order."""
        return re.findall(r"\{([^}]+)\}", self.template)


@dataclass
class Specification:
    """All operations of one API."""

    title: str
    operations: list[Operation]
    document: dict
    #: The validator of this dialect of JSON schema.
    validator: type
    #: Whether a field in a body that no schema names is refused.
    closed_bodies: bool
    found: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A literal path wins over one with parameters.
        self.patterns = sorted(
            ((operation, operation.pattern()) for operation in self.operations), key=lambda it: it[0].template.count("{")
        )

    def match(self, method: str, path: str) -> tuple[Operation | None, dict[str, str], str]:
        """The operation with its path's values, or why there is none."""
        others = set()
        for operation, pattern in self.patterns:
            values = pattern.fullmatch(path)
            if values and operation.method == method:
                return operation, dict(zip(operation.names(), values.groups(), strict=True)), ""
            if values:
                others.add(operation.method)
        if others:
            return None, {}, f"{path} knows {', '.join(sorted(others))}, not {method}"
        return None, {}, f"no path {path}"

    def resolve(self, schema: dict) -> dict:
        """The schema behind a reference; parts of `allOf` become one."""
        while "$ref" in schema:
            target: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            schema = target
        if "allOf" in schema:
            whole: dict = {key: value for key, value in schema.items() if key != "allOf"}
            properties, required = dict(whole.get("properties", {})), list(whole.get("required", []))
            for part in map(self.resolve, schema["allOf"]):
                properties.update(part.get("properties", {}))
                required += part.get("required", [])
                whole = {**part, **whole}
            if properties:
                whole |= {"properties": properties, "required": required}
            return whole
        return schema

    def choices(self, schema: dict) -> Iterator[dict]:
        """The schemas that a value may follow."""
        for key in ("oneOf", "anyOf"):
            if key in schema:
                for part in schema[key]:
                    yield from self.choices(self.resolve(part))
                return
        yield schema
