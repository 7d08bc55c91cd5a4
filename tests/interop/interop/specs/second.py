"""A second judge for OpenAPI, openapi-core: it knows neither our reader nor our judge."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from .judge import Asked


def objections(document: dict, server: str, requests: Iterable[Asked]) -> list[str]:
    """What it finds wrong with requests that the first judge let through, each with the request."""
    from openapi_core import Config, OpenAPI
    from openapi_core.exceptions import OpenAPIError
    from openapi_core.testing import MockRequest

    warnings.filterwarnings("ignore", "Unsupported scheme type")
    # Whether the document itself is well-formed is not asked: providers' are not always, and large ones take minutes.
    openapi = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))
    found, seen = {}, set()
    for it in requests:
        given = {name.partition("[")[0] for name, _ in it.query}
        shape = (it.operation.name, frozenset(given), len(it.body))
        if shape in seen:
            continue
        seen.add(shape)
        url = urlsplit(it.target)
        request = MockRequest(
            server,
            it.method.lower(),
            url.path,
            args=pairs(url.query),
            headers=it.headers,
            data=it.body or None,
            content_type=it.headers.get("content-type", "application/json"),
        )
        try:
            openapi.validate_request(request)
        except OpenAPIError as objection:
            named = re.search(r"parameter: (\w+)", str(objection))
            if named and named[1] not in given:
                # The document's own default, which it does not allow.
                continue
            cause = objection.__cause__
            reasons = getattr(cause, "schema_errors", None) or [cause or ""]
            found.setdefault(
                f"{type(objection).__name__} {objection} {[str(reason)[:200] for reason in reasons]}", f"{it.method} {it.target}"
            )
    return [f"{request}: {reason}" for reason, request in found.items()]


def pairs(query: str):
    from werkzeug.datastructures import ImmutableMultiDict

    return ImmutableMultiDict(parse_qsl(query, keep_blank_values=True))
