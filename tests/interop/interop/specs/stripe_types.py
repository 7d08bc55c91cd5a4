"""Reads Stripe's own library as a specification: its classes tell fields and types of the version that our client speaks.

Stripe publishes an OpenAPI document, too; this one is of the very version, and needs no file.
"""

from __future__ import annotations

import builtins
import typing
from typing import Any

from .model import Operation, Parameter, Specification

#: Resources with a list, and the class of an element.
LISTS = {
    "charges": "Charge",
    "refunds": "Refund",
    "disputes": "Dispute",
    "invoices": "Invoice",
    "invoice_payments": "InvoicePayment",
    "subscriptions": "Subscription",
    "subscription_items": "SubscriptionItem",
    "balance_transactions": "BalanceTransaction",
    "customers": "Customer",
    "products": "Product",
    "prices": "Price",
    "events": "Event",
}
#: What else may be asked for by its id.
SINGLES = {"coupons": "Coupon", "payment_intents": "PaymentIntent", "payment_methods": "PaymentMethod"}

#: Whole numbers that are moments, in seconds since 1970: the library's types do not say so.
MOMENTS = (
    "created",
    "available_on",
    "due_by",
    "due_date",
    "period_start",
    "period_end",
    "start",
    "end",
    "start_date",
    "canceled_at",
    "current_period_start",
    "current_period_end",
    "billing_cycle_anchor",
    "ended_at",
    "effective_at",
    "updated",
)


def read() -> Specification:
    """The specification."""
    import stripe
    from openapi_schema_validator import OAS30Validator

    types = Types(stripe)
    operations = []
    for name, kind in LISTS.items():
        answer = {
            "type": "object",
            "required": ["object", "data", "has_more", "url"],
            "properties": {
                "object": {"type": "string", "enum": ["list"]},
                "data": {"type": "array", "items": types.refer(getattr(stripe, kind))},
                "has_more": {"type": "boolean"},
                "url": {"type": "string"},
            },
        }
        operations.append(operation(types, f"/v1/{name}", f"{kind}ListParams", answer))
    for name, kind in {**LISTS, **SINGLES}.items():
        operations.append(operation(types, f"/v1/{name}/{{id}}", f"{kind}RetrieveParams", types.refer(getattr(stripe, kind))))
    lines = {
        "type": "object",
        "required": ["object", "data", "has_more", "url"],
        "properties": {
            "object": {"type": "string", "enum": ["list"]},
            "data": {"type": "array", "items": types.refer(stripe.InvoiceLineItem)},
            "has_more": {"type": "boolean"},
            "url": {"type": "string"},
        },
    }
    operations.append(operation(types, "/v1/invoices/{id}/lines", "InvoiceListLinesParams", lines))
    title = f"stripe {stripe.VERSION}, {stripe.api_version}"
    return Specification(title, operations, {"schemas": types.finish()}, OAS30Validator, closed_bodies=True)


def operation(types: Types, template: str, parameters: str, answer: dict) -> Operation:
    described = types.object(types.parameter_type(parameters))
    known = tuple(
        Parameter(name, "query", schema, name in described["required"], "brackets")
        for name, schema in described["properties"].items()
    )
    return Operation(f"GET {template}", "GET", template, known, None, answer, needs_identity=True)


class Types:
    """The library's types as JSON schemas, each made once."""

    def __init__(self, stripe: Any) -> None:
        import stripe.params

        self.stripe, self.schemas = stripe, {}
        self.pending: list[tuple[str, type]] = []
        self.names = {**vars(typing), **vars(typing_extensions()), **vars(stripe.params), **vars(stripe)}
        self.options = set(self.annotations(stripe.RequestOptions))

    def parameter_type(self, name: str) -> type:
        """The type of a method's parameters, by its name."""
        return getattr(self.stripe.params, name)

    def annotations(self, kind: type) -> dict[str, Any]:
        """The fields of a class and of those that it is made from, as they were written."""
        found: dict[str, Any] = {}
        for base in reversed(getattr(kind, "__mro__", (kind,))):
            if base.__module__.startswith("stripe"):
                found.update(getattr(base, "__annotations__", {}))
        return found

    def refer(self, kind: type) -> dict:
        """A reference to the class's schema."""
        name = f"{kind.__module__.rpartition('.')[2]}.{kind.__qualname__}"
        if name not in self.schemas:
            self.schemas[name] = {}
            self.pending.append((name, kind))
        return {"$ref": f"#/schemas/{name}"}

    def finish(self) -> dict[str, dict]:
        """Makes what was referred to, until nothing is left: the types refer to each other in circles."""
        while self.pending:
            name, kind = self.pending.pop()
            self.schemas[name].update(self.object(kind))
        return self.schemas

    def object(self, kind: type) -> dict:
        """The schema of a class. What may be absent is wrapped, or optional with a reason; what is `Optional` may be null."""
        properties, required = {}, []
        around = Names({**vars(__import__(kind.__module__, fromlist=["_"])), **self.names, **self.nested(kind)}, self.stripe)
        for name, written in self.annotations(kind).items():
            # `deleted` stands on what is gone, and there with little else.
            if name.startswith("_") or name in ("OBJECT_NAME", "deleted") or name in getattr(self, "options", ()):
                continue
            value = self.evaluate(written, around)
            if typing.get_origin(value) is typing.ClassVar:
                continue
            left_out = str(getattr(typing.get_origin(value), "_name", "")) == "NotRequired"
            schema = self.schema(typing.get_args(value)[0] if left_out else value, around, name)
            properties[name.removesuffix("_") if name in ("from_",) else name] = schema
            if not left_out:
                required.append(name)
        if hasattr(kind, "OBJECT_NAME"):
            properties["object"] = {"type": "string", "enum": [kind.OBJECT_NAME]}
        return {"type": "object", "properties": properties, "required": required}

    def nested(self, kind: type) -> dict[str, type]:
        """The classes inside a class, and around it, by their own names."""
        found: dict[str, type] = {}
        outer: Any = __import__(kind.__module__, fromlist=["_"])
        for step in kind.__qualname__.split("."):
            outer = getattr(outer, step)
            found |= {name: it for name, it in vars(outer).items() if isinstance(it, type)}
        return found

    def evaluate(self, written: Any, around: dict) -> Any:
        """An annotation, which may be text, or hold text."""
        if isinstance(written, typing.ForwardRef):
            written = written.__forward_arg__
        return eval(written, {}, around) if isinstance(written, str) else written  # noqa: S307  (the library's own source)

    def schema(self, value: Any, around: dict, name: str) -> dict:
        """The schema of a type."""
        value = self.evaluate(value, around)
        origin, given = typing.get_origin(value), typing.get_args(value)
        simple = {str: "string", int: "integer", float: "number", bool: "boolean"}
        if value in simple:
            schema = {"type": simple[value]}
            if value is int and name in MOMENTS:
                schema["format"] = "unix-time"
            return schema
        if str(value).endswith(".Decimal'>"):
            return {"type": "string", "format": "decimal"}
        if origin is typing.Union or str(origin) == "<class 'types.UnionType'>":
            return self.union(given, around, name)
        if str(origin).endswith("Literal"):
            return {"type": "string", "enum": list(given)}
        if origin is list:
            return {"type": "array", "items": self.schema(given[0], around, name)}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.schema(given[1], around, name)}
        if origin is not None and origin.__name__ == "UntypedStripeObject":
            return {"type": "object", "additionalProperties": self.schema(given[0], around, name)}
        if origin is not None and origin.__name__ == "ListObject":
            inner = self.schema(given[0], around, name)
            return {
                "type": "object",
                "required": ["object", "data", "has_more", "url"],
                "properties": {
                    "object": {"type": "string", "enum": ["list"]},
                    "data": {"type": "array", "items": inner},
                    "has_more": {"type": "boolean"},
                    "url": {"type": "string"},
                },
            }
        if isinstance(value, type) and value.__module__.startswith("stripe"):
            return self.refer(value)
        return {"type": "object", "additionalProperties": {"type": "string"}}

    def union(self, given: tuple, around: dict, name: str) -> dict:
        parts = [self.schema(it, around, name) for it in given if it is not type(None)]
        # `Literal | str` is how the library writes a list of values that may grow: an answer has one that is known.
        listed = [it for it in parts if "enum" in it]
        if listed and len(parts) == 2 and {"type": "string"} in parts:
            parts = listed
        schema = dict(parts[0]) if len(parts) == 1 else {"anyOf": parts}
        if type(None) in given:
            schema = {**schema, "nullable": True} if "$ref" not in schema else {"anyOf": [schema], "nullable": True}
        return schema


class Names(dict):
    """What an annotation may name; the library loads most of its classes when they are asked for."""

    def __init__(self, known: dict[str, Any], stripe: Any) -> None:
        super().__init__(known)
        self.stripe = stripe

    def __missing__(self, name: str) -> Any:
        for place in (self.stripe, self.stripe.params, builtins):
            if hasattr(place, name):
                return getattr(place, name)
        # Of a part of the library that nothing here reads.
        return typing.Any


def typing_extensions():
    import typing_extensions

    return typing_extensions
