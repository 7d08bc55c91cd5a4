"""Answers made from a schema: one value for each field, and lists of two, the second with what is required alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from .model import Specification

#: Deeper than this, only what is required is made.
DEPTH = 7

#: What schemas say in words only, by the field's name.
MEANINGS: dict[str, Any] = {
    "currency": "usd", "currency_code": "USD", "currencyCode": "USD", "country": "US", "country_code": "US",
    "time_zone": "Europe/Berlin", "timeZone": "Europe/Berlin", "timezone": "UTC",
    "isrc": "USUM71703861", "upc": "00602567913399", "ean": "5901234123457", "release_date": "1981-12-15",
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
    url: str
    expanded: set[str] = field(default_factory=set)
    #: A provider's own values: by field name, given the path of the field.
    meanings: dict[str, Any] = field(default_factory=dict)
    hook: Callable[[str, str], Any] | None = None

    @property
    def further(self) -> bool:
        """Whether this is the second page, which is the last."""
        return any(self.asked.get(name) not in (None, 0, "0", "") for name in CURSORS)

    def make(self, schema: dict, path: str = "", key: str = "", depth: int = 0, sparse: bool = False, place: str = "") -> Any:
        described = self.specification.resolve(schema)
        options = list(self.specification.choices(described))
        described = self.specification.resolve(self.choose(options, path)) if len(options) > 1 else options[0]
        kind = described.get("type") or ("object" if "properties" in described else "array" if "items" in described else None)
        if kind == "object":
            return self.object(described, path, depth, sparse, place)
        if kind == "array":
            return self.array(described, path, key, depth, place)
        return self.scalar(described, kind, path, key, place)

    def choose(self, options: list[dict], path: str) -> dict:
        """An object where it was asked to be expanded, else what is plainest."""
        objects = [it for it in options if self.specification.resolve(it).get("type") == "object" or "properties" in it]
        plain = [it for it in options if it not in objects]
        if path in self.expanded and objects:
            return objects[0]
        return (plain or objects)[0]

    def object(self, described: dict, path: str, depth: int, sparse: bool, place: str) -> dict:
        required = described.get("required", [])
        # Where nothing is called required, an element without its optional fields would be empty, and say nothing.
        sparse = sparse and bool(required)
        made = {}
        for key, inner in described.get("properties", {}).items():
            if (sparse or depth > DEPTH) and key not in required:
                continue
            resolved = self.specification.resolve(inner)
            if (sparse or depth > DEPTH) and resolved.get("nullable"):
                made[key] = None
                continue
            if depth > DEPTH + 4:
                continue
            made[key] = self.make(inner, f"{path}.{key}".lstrip("."), key, depth + 1, sparse, place)
        extra = described.get("additionalProperties")
        if isinstance(extra, dict) and not made and not sparse:
            made["key"] = self.make(extra, f"{path}.key", "key", depth + 1, sparse, place)
        return self.paged(made)

    def paged(self, made: dict) -> dict:
        """Pages that end: the second is the last."""
        for key in made:
            if key in TRUE_WHILE_MORE:
                made[key] = not self.further
            elif key in TOKEN_WHILE_MORE:
                made[key] = "" if self.further else "further"
            elif key == "next" and "limit" in made:
                made[key] = None if self.further else re.sub(r"[?].*", "", self.url) + f"?offset={self.asked.get('limit', 2)}"
        lists = [it for it in made.values() if isinstance(it, list)]
        if len(lists) == 1:
            limit = self.asked.get("limit") if isinstance(self.asked.get("limit"), int) else len(lists[0])
            for key in ("total", "total_results"):
                if key in made:
                    made[key] = len(lists[0]) + (self.asked.get("offset") or 0)
            if "limit" in made:
                made["limit"] = limit
            if "offset" in made:
                made["offset"] = self.asked.get("offset") or 0
        if "total" in made and made.get("next") and isinstance(made["total"], int):
            made["total"] = (self.asked.get("limit") or 2) + 2
        if isinstance(made.get("paging"), dict) and "total_results" in made["paging"]:
            rows = next((it for it in made.values() if isinstance(it, list)), [])
            made["paging"] |= {"offset": self.asked.get("offset") or 0, "total_results": len(rows) + (self.asked.get("offset") or 0)}
        return made

    def array(self, described: dict, path: str, key: str, depth: int, place: str) -> list:
        if depth > DEPTH:
            return []
        count = max(2, described.get("minItems", 0))
        inner = described.get("items", {})
        values = [self.make(inner, path, key, depth + 1, sparse=number == count - 1 and depth < 4, place=f"{place}/{number}") for number in range(count)]
        # Texts and numbers that are all the same are told once.
        return values if not values or isinstance(values[0], (dict, list)) else list(dict.fromkeys(values))

    def scalar(self, described: dict, kind: str | None, path: str, key: str, place: str) -> Any:
        if self.hook:
            made = self.hook(path, place)
            if made is not None:
                return made
        if key in self.meanings:
            return self.meanings[key]
        if described.get("enum"):
            return next(it for it in described["enum"] if it is not None)
        if key in self.asked and path.count(".") <= 1 and "/" not in place.replace("/0", "", 1):
            return self.asked[key]
        if kind == "string" and key in MEANINGS:
            return MEANINGS[key]
        if kind == "string":
            return self.text(described, key, place)
        if kind == "integer":
            return self.whole(described, place)
        if kind == "number":
            return described.get("example", max(1.5, described.get("minimum", 1.5)))
        if kind == "boolean":
            return described.get("default", described.get("example", True))
        return described.get("example", "text")

    def text(self, described: dict, key: str, place: str) -> str:
        shape = described.get("format")
        seed = hashlib.sha256(f"{key} {place} {sorted(self.asked.items(), key=str) if key == 'id' else ''} {self.further}".encode()).hexdigest()
        moment = self.moment()
        if shape == "date-time":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if shape == "date":
            return moment.strftime("%Y-%m-%d")
        if shape == "uuid":
            return f"{seed[:8]}-{seed[8:12]}-4{seed[13:16]}-8{seed[17:20]}-{seed[20:32]}"
        if shape in ("int64", "uint64"):
            return str(9007199254740993 + int(seed[:4], 16))
        if shape in ("uri", "url") or key in ("href", "url"):
            return "https://example.invalid/" + seed[:8]
        if key == "id":
            return seed[:22]
        if isinstance(described.get("example"), str) and key != "id":
            return described["example"]
        return f"{key or 'text'} {seed[:6]}"[: described.get("maxLength", 200)]

    def whole(self, described: dict, place: str) -> int:
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
                return datetime.fromtimestamp(int(early) + 60, timezone.utc)
            late = within.get("lt") or within.get("lte")
            if late:
                return datetime.fromtimestamp(int(late) - 60, timezone.utc)
        for name in ("report_start", "startDate"):
            if name in self.asked:
                return datetime.fromisoformat(str(self.asked[name]).replace("Z", "+00:00"))
        return datetime.now(timezone.utc) - timedelta(days=2)
