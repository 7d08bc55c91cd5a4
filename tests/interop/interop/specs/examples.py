"""Answers made from a schema: one value for each field, and lists of two, the second with what is required alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, UTC
from typing import Any

from .model import Specification

#: Deeper than this, only what is required is made.
DEPTH = 7

#: What schemas say in words only, by the field's name.
MEANINGS: dict[str, Any] = {
    "currency": "usd",
    "currency_code": "USD",
    "currencyCode": "USD",
    "country": "US",
    "country_code": "US",
    "time_zone": "Europe/Berlin",
    "timeZone": "Europe/Berlin",
    "timezone": "UTC",
    "isrc": "USUM71703861",
    "upc": "00602567913399",
    "ean": "5901234123457",
    "release_date": "1981-12-15",
}

#: Fields that tell of a further page.
TRUE_WHILE_MORE = ("has_more",)
TOKEN_WHILE_MORE = ("nextPageToken", "continuation_token", "next_page_token")
#: Parameters by which a further page is asked for.
CURSORS = ("starting_after", "pageToken", "continuation_token", "offset")


@dataclass
class Example:
    """Makes one answer."""

    specification: Specification
    #: The request's values, by name: an answer speaks of what was asked for.
    asked: dict[str, Any]
    #: Those of them that stand in the path.
    in_path: dict[str, str]
    url: str
    expanded: set[str] = field(default_factory=set)
    #: A provider's own values: by field name, given the path of the field.
    meanings: dict[str, Any] = field(default_factory=dict)
    hook: Callable[[str, tuple[int, ...]], Any] | None = None

    @property
    def further(self) -> bool:
        """Whether this is the second page, which is the last."""
        return any(self.asked.get(name) not in (None, 0, "0", "") for name in CURSORS)

    @property
    def offset(self) -> int:
        """Elements before this page, where pages are told by their offset."""
        return self.asked.get("offset") or 0

    def make(
        self, schema: dict, path: str = "", sparse: bool = False, place: tuple[int, ...] = (), depth: int = 0, count: int = 2
    ) -> Any:
        """A value of this schema. `path` is its place among names, `place` among lists."""
        described = self.specification.resolve(schema)
        options = list(self.specification.choices(described))
        described = self.specification.resolve(self.choose(options, path)) if len(options) > 1 else options[0]
        kind = described.get("type") or ("object" if "properties" in described else "array" if "items" in described else None)
        if kind == "object":
            return self.object(described, path, sparse, place, depth)
        if kind == "array":
            return self.array(described, path, place, depth, count)
        return self.scalar(described, kind, path, place)

    def choose(self, options: list[dict], path: str) -> dict:
        """An object where it was asked to be expanded, else what is plainest."""
        objects = [it for it in options if self.specification.resolve(it).get("type") == "object" or "properties" in it]
        plain = [it for it in options if it not in objects]
        if path in self.expanded and objects:
            return objects[0]
        return (plain or objects)[0]

    def object(self, described: dict, path: str, sparse: bool, place: tuple[int, ...], depth: int) -> dict:
        properties, required = described.get("properties", {}), described.get("required", [])
        # Where nothing is called required, an element without its optional fields would be empty, and say nothing.
        leave = (sparse and bool(required)) or depth > DEPTH
        by_offset = not place and ({"limit", "offset", "next"} <= properties.keys() or "paging" in properties)
        asked = self.asked.get("limit") if by_offset else None
        if asked and self.further:
            # Two more than the first page has, wherever this one begins.
            asked = max(1, asked + 2 - self.offset)
        made = {}
        for key, inner in properties.items():
            if leave and key not in required or depth > DEPTH + 4:
                continue
            if leave and self.specification.resolve(inner).get("nullable"):
                made[key] = None
                continue
            value = self.make(inner, f"{path}.{key}".lstrip("."), sparse, place, depth + 1, asked or 2)
            # An object of which the schema says nothing is empty where it comes, and comes now and then.
            if value != {} or sparse or key in required:
                made[key] = value
        extra = described.get("additionalProperties")
        if isinstance(extra, dict) and not properties and not sparse:
            made["key"] = self.make(extra, f"{path}.key", sparse, place, depth + 1)
        return self.paged(made, by_offset)

    def paged(self, made: dict, by_offset: bool) -> dict:
        """Pages that end: the second is the last. By offset, the first is as full as was asked for."""
        for key in made:
            if key in TRUE_WHILE_MORE:
                made[key] = not self.further
            elif key in TOKEN_WHILE_MORE:
                made[key] = "" if self.further else "further"
        if {"limit", "offset", "next"} <= made.keys() or "paging" in made:
            shown = max((len(it) for it in made.values() if isinstance(it, list)), default=0)
            limit = (self.asked.get("limit") if by_offset else None) or shown
            offset = self.offset if by_offset else 0
            more = by_offset and not self.further and shown == limit == self.asked.get("limit")
            about = made["paging"] if "paging" in made else made
            about |= {"offset": offset, ("total_results" if "paging" in made else "total"): offset + shown + (2 if more else 0)}
            if "next" in made:
                made |= {
                    "limit": limit,
                    "previous": None,
                    "next": re.sub(r"offset=[0-9]+", f"offset={limit}", self.url) if more else None,
                }
        return made

    def array(self, described: dict, path: str, place: tuple[int, ...], depth: int, count: int) -> list:
        if depth > DEPTH:
            return []
        count = max(count, described.get("minItems", 0))
        # The last of the outermost list has what is required alone.
        values = [
            self.make(described.get("items", {}), path, not place and number == count - 1, (*place, number), depth + 1)
            for number in range(count)
        ]
        # Texts and numbers that are all the same are told once.
        return values if not values or isinstance(values[0], (dict, list)) else list(dict.fromkeys(values))

    def scalar(self, described: dict, kind: str | None, path: str, place: tuple[int, ...]) -> Any:
        key = path.rpartition(".")[2]
        if self.hook:
            made = self.hook(path, place)
            if made is not None:
                return made
        if key in self.meanings:
            return self.meanings[key]
        names = list(self.in_path)
        if path == "id" and names:
            return self.in_path[names[-1]]
        if key in self.in_path and key != "id" and path.count(".") <= 1:
            return self.in_path[key]
        if path == key and isinstance(self.asked.get(key), (str, int)):
            return self.asked[key]
        if described.get("enum"):
            return next(it for it in described["enum"] if it is not None)
        if kind == "string":
            return MEANINGS[key] if key in MEANINGS else self.text(described, path, place)
        if kind == "integer":
            return self.whole(described, place)
        if kind == "number":
            return described.get("example", max(1.5, described.get("minimum", 1.5)))
        if kind == "boolean":
            return described.get("default", not place or place[-1] % 2 == 1)
        return described.get("example", "text")

    def identity(self, path: str, place: tuple[int, ...]) -> str:
        """What an id is made of: the kind of thing and its place, so that `campaign_id` names an element of `campaigns`."""
        outer, _, key = path.rpartition(".")
        kind = key.removesuffix("_id") if key != "id" else outer.rpartition(".")[2]
        kind = kind.removesuffix("es") if kind.endswith("sses") else kind.removesuffix("s")
        scope = next(iter(self.in_path.values()), "")
        page = 1000 if self.further and not self.offset else self.offset
        return f"{kind} {scope} {(page + place[0], *place[1:]) if place else ()}"

    def text(self, described: dict, path: str, place: tuple[int, ...]) -> str:
        key, shape = path.rpartition(".")[2], described.get("format")
        is_id = key == "id" or key.endswith(("_id", "Id"))
        seed = hashlib.sha256((self.identity(path, place) if is_id else f"{path} {place}").encode()).hexdigest()
        moment = self.moment()
        if shape == "date-time":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if shape == "date":
            return moment.strftime("%Y-%m-%d")
        if shape == "uuid":
            return f"{seed[:8]}-{seed[8:12]}-4{seed[13:16]}-8{seed[17:20]}-{seed[20:32]}"
        if shape == "decimal":
            return "1.25"
        if shape in ("int64", "uint64"):
            return str(9007199254740993 + int(seed[:4], 16))
        if shape in ("uri", "url") or key in ("href", "url"):
            return "https://example.invalid/" + seed[:8]
        if is_id:
            return seed[:22]
        if isinstance(described.get("example"), str):
            return described["example"]
        return f"{key or 'text'} {seed[:6]}"[: described.get("maxLength", 200)]

    def whole(self, described: dict, place: tuple[int, ...]) -> int:
        if described.get("format") == "unix-time":
            return int(self.moment().timestamp())
        least = int(described.get("minimum", 1))
        given = described.get("example", described.get("default"))
        return given if isinstance(given, int) and given > 0 else max(least, 1 + len(place))

    def moment(self) -> datetime:
        """Within what was asked for, else lately."""
        within = self.asked.get("created")
        if isinstance(within, dict):
            early = within.get("gte") or within.get("gt")
            if early:
                return datetime.fromtimestamp(int(early) + 60, UTC)
            late = within.get("lt") or within.get("lte")
            if late:
                return datetime.fromtimestamp(int(late) - 60, UTC)
        for name in ("report_start", "startDate"):
            if name in self.asked:
                return datetime.fromisoformat(str(self.asked[name]).replace("Z", "+00:00"))
        return datetime.now(UTC) - timedelta(days=2)
