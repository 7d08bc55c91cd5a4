"""PostHog has no specification of its queries but its own parser. Our client asks our imitation, and that parser reads every query on the way."""

from __future__ import annotations

import json
import sys
import types
from datetime import date, timedelta

from ..checks import Claims, Context
from ..sandbox import POSTHOG_EU_KEY, POSTHOG_EU_PROJECT
from ..worker import once
from .cases import DAYS, tail
from .proxy import Passed, proxied

POSTHOG = """
[integrations.posthog]
quota.project = {{ per_second = 500, burst = 50 }}

[connections.checked]
integration = "posthog"
base_url = "{url}"
start_date = "{since}"
credentials.api_key = "{key}"
settings = {{ project = "{project}", goals = ["signed_up", "purchase"], time_zone = "Europe/Berlin", currency = "EUR", page_size = 200 }}
"""

#: The only fields that a request for a query has, by PostHog's documentation of the endpoint.
FIELDS = {"query", "refresh", "client_query_id", "name", "async", "filters_override", "variables_override", "limit_context"}


def parser():
    """PostHog's parser, which looks for the modules of the application that it is part of, and needs none of them here."""
    names = ("posthog", "posthog.hogql", "posthog.hogql.ast", "posthog.hogql.base", "posthog.hogql.errors")
    absent = {name: types.ModuleType(name) for name in names if name not in sys.modules}
    sys.modules.update(absent)
    try:
        import hogql_parser
    finally:
        for name in absent:
            del sys.modules[name]
    return hogql_parser


def check(context: Context, claims: Claims) -> None:
    hogql = parser()
    refused = json.loads(hogql.parse_select_json("SELECT count() FROM"))
    claims.that(refused.get("error"), "the parser refuses what is no query", refused)
    asked: list[Passed] = []
    since = str(date.today() - timedelta(days=DAYS))
    with proxied(context.calm.url("posthog"), asked) as url:
        run = once(
            context.dynamoi,
            context.place / "spec-posthog",
            POSTHOG.format(url=url, since=since, key=POSTHOG_EU_KEY, project=POSTHOG_EU_PROJECT),
        )
    queries = [json.loads(it.body) for it in asked if it.method == "POST" and it.target.endswith("/query/")]
    texts = {it["query"]["query"] for it in queries}
    claims.note(f"{len(asked)} requests, {len(queries)} queries, {len(texts)} texts")
    claims.that(len(queries) > DAYS, "queries are asked", len(queries))
    for text in sorted(texts):
        read = json.loads(hogql.parse_select_json(text))
        claims.that(not read.get("error"), f"PostHog's own parser reads: {text}", read.get("message"))
    for it in queries:
        claims.that(set(it) <= FIELDS, "a request has the fields that PostHog knows", set(it) - FIELDS)
        claims.equal(it["query"]["kind"], "HogQLQuery", "the kind of query")
    claims.note("rows: " + ", ".join(f"{name} {count}" for name, count in run.rows.items()))
    claims.that(run.exit == 0, "the run ends with 0", f"{run.exit}: {tail(run.log)}")
    for table in ("web_analytics_daily", "web_conversions_daily"):
        claims.that(run.rows.get(table), f"{table} has rows")
    claims.that(not run.set_aside, "nothing is set aside", run.set_aside[:3])
