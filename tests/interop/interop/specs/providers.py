"""The providers whose specifications are public: how each is mounted, configured, and what is expected of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from . import discovery, openapi, stripe_types, youtube
from .cases import Case
from .judge import Asked
from .mock import Mount

# === Spotify

SPOTIFY = """
[integrations.spotify]
quota.project = {{ per_second = 500, burst = 50 }}

[connections.checked]
integration = "spotify"
base_url = "{url}"
endpoints.token = "{url}/token"
credentials.client_id = "made-up"
credentials.client_secret = "made-up"
credentials.refresh_token = "made-up"
settings = {{ tracks = ["11dFghVXANMlKmJXsNCbNl", "isrc:USUM71703861"], albums = ["0tGPJ0bkWOUmH7MEOR77qc", "upc:00602567913399"], artists = ["6sFIWsNpZYqfjUpaCgueju"], playlists = ["3cEYpjA9oz9GiPac4AsH4n"], market = "US" }}
"""

SPOTIFY_CASE = Case(
    name="spotify",
    server="https://api.spotify.com",
    mounts=lambda context: {"": Mount(openapi.read(context.specification("spotify"), server="/v1"))},
    configuration=lambda url, since, key: SPOTIFY.format(url=url),
    endpoints=(
        "GET /v1/tracks/{id}",
        "GET /v1/albums/{id}",
        "GET /v1/artists/{id}",
        "GET /v1/search",
        "GET /v1/playlists/{playlist_id}",
        "GET /v1/playlists/{playlist_id}/items",
    ),
    # One by its id, and twelve hits of its code. Every second entry of the playlist is a local file.
    tables={"tracks": 0, "albums": 13, "artists": 1, "playlists": 1, "playlist_placements": 26},
    nonsense={},
    newer={},
)

# === Spotify Ads

SPOTIFY_ADS = """
[integrations.spotify_ads]
quota.project = {{ per_second = 500, burst = 50 }}

[connections.checked]
integration = "spotify_ads"
base_url = "{url}/ads"
endpoints.token = "{url}/token"
start_date = "{since}"
credentials.client_id = "made-up"
credentials.client_secret = "made-up"
credentials.refresh_token = "made-up"
"""


def spotify_ads_report(asked: Asked, made: dict) -> dict:
    """Rows of the days, the level and the fields that were asked for."""
    if "rows" not in made:
        return made
    # A further page is asked for by its token alone, which therefore tells what the first was asked.
    token = asked.values.get("continuation_token")
    given = json.loads(bytes.fromhex(token)) if token else asked.values
    if not token:
        made["continuation_token"] = json.dumps(given).encode().hex()
    if "report_start" not in given:
        return made
    first, last = (datetime.fromisoformat(given[key].replace("Z", "+00:00")) for key in ("report_start", "report_end"))
    count = max(1, (last - first).days)
    for place, row in enumerate(made["rows"]):
        day = first + timedelta(days=place % count)
        row |= {"entity_type": given["entity_type"], "start_time": instant(day), "end_time": instant(day + timedelta(days=1))}
        row["stats"] = [{"field_type": name, "field_value": 10 + place} for name in given["fields"]]
    return made


def instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


SPOTIFY_ADS_CASE = Case(
    name="spotify-ads",
    server="https://api-partner.spotify.com",
    mounts=lambda context: {
        "": Mount(openapi.read(context.specification("spotify-ads"), server="/ads/v3"), hook=spotify_ads_report)
    },
    configuration=lambda url, since, key: SPOTIFY_ADS.format(url=url, since=since),
    endpoints=(
        "GET /ads/v3/businesses",
        "GET /ads/v3/businesses/{business_id}/ad_accounts",
        "GET /ads/v3/ad_accounts/{ad_account_id}/campaigns",
        "GET /ads/v3/ad_accounts/{ad_account_id}/ad_sets",
        "GET /ads/v3/ad_accounts/{ad_account_id}/ads",
        "GET /ads/v3/ad_accounts/{ad_account_id}/aggregate_reports",
    ),
    # Two businesses with two accounts each, and 52 of everything below.
    tables={"ad_accounts": 4, "ad_campaigns": 208, "ad_sets": 208, "ads": 208, "ad_performance_daily": 0},
    nonsense={},
    newer={},
)

# === Stripe

STRIPE = """
[integrations.stripe]
quota.account = {{ per_second = 500, burst = 50 }}
quota.endpoint = {{ per_second = 500, burst = 50 }}

[connections.checked]
integration = "stripe"
base_url = "{url}"
start_date = "{since}"
credentials.api_key = "rk_test_made_up"
settings = {{ time_zone = "Europe/Berlin", test_mode = true }}
"""


def stripe_events(asked: Asked, made: dict) -> dict:
    """Events of the types that were asked for, about objects of those types."""
    if asked.path != "/v1/events":
        return made
    types = asked.values.get("types") or [made["data"][0]["type"]]
    for place, event in enumerate(made["data"]):
        event["type"] = types[place % len(types)]
        kind = event["type"].split(".")[-2]
        event["data"] = {"object": {"id": f"changed_{kind}_{place}", "object": kind, "livemode": False}}
    return made


#: The version from which on the specification describes what the client reads.
STRIPE_VERSION = "2025-09-30"

STRIPE_CASE = Case(
    name="stripe",
    mounts=lambda context: {
        "": Mount(openapi.read(context.specification("stripe")), hook=stripe_events, meanings={"livemode": False})
    },
    configuration=lambda url, since, key: STRIPE.format(url=url, since=since),
    endpoints=tuple(
        f"GET /v1/{name}"
        for name in (
            "charges",
            "refunds",
            "disputes",
            "invoices",
            "subscriptions",
            "balance_transactions",
            "customers",
            "products",
            "prices",
            "events",
        )
    ),
    # Two pages of two, and what events say has changed.
    tables={
        "payments": 5,
        "refunds": 6,
        "disputes": 6,
        "invoices": 5,
        "ledger_entries": 4,
        "customers": 5,
        "products": 5,
        "prices": 5,
        "subscriptions": 4,
    },
    nonsense={},
    newer={"GET /v1/invoice_payments": "came with basil, 2025-03-31"},
    answers_since=STRIPE_VERSION,
)

STRIPE_TYPES_CASE = replace(
    STRIPE_CASE,
    name="stripe-types",
    mounts=lambda context: {"": Mount(stripe_types.read(), hook=stripe_events, meanings={"livemode": False})},
    endpoints=(*STRIPE_CASE.endpoints, "GET /v1/invoice_payments"),
    tables=STRIPE_CASE.tables | {"invoice_payments": 6, "subscription_mrr_daily": 0},
    newer={},
    nonsense={"a discount without its coupon": "where fields that may be null are null, the coupon of a discount is, too"},
    answers_since="",
)

# === Google Analytics

ANALYTICS = """
[integrations.google_analytics]
quota.account = {{ per_second = 500, burst = 50 }}

[connections.checked]
integration = "google_analytics"
base_url = "{url}/data"
endpoints.admin = "{url}/admin"
endpoints.token = "{url}/token"
start_date = "{since}"
credentials.service_account = {{ file = "{key}" }}
settings = {{ property = "9007199254740993", goals = ["sign_up", "purchase"] }}
"""


def analytics_report(asked: Asked, made: dict) -> dict:
    """The columns that were asked for, and two rows a day: what a report is, the schema says in words."""
    name = asked.operation.name
    if name.endswith(".batchRunReports"):
        return {"kind": "analyticsData#batchRunReports", "reports": [report(it) for it in asked.values["body"]["requests"]]}
    if name.endswith(".runReport"):
        return report(asked.values["body"])
    return made


def report(request: dict) -> dict:
    dimensions = [it["name"] for it in request.get("dimensions", [])]
    metrics = [it["name"] for it in request.get("metrics", [])]
    rows = [
        {
            "dimensionValues": [
                {"value": day.strftime("%Y%m%d") if name == "date" else f"{name} {place}"} for name in dimensions
            ],
            "metricValues": [{"value": str(10 + place) if "Rate" not in name else "0.5"} for name in metrics],
        }
        for day in days(request["dateRanges"])
        for place in range(2)
    ]
    offset, limit = int(request.get("offset", 0)), int(request.get("limit", 10_000))
    return {
        "kind": "analyticsData#runReport",
        "dimensionHeaders": [{"name": name} for name in dimensions],
        "metricHeaders": [
            {"name": name, "type": "TYPE_CURRENCY" if "evenue" in name else "TYPE_FLOAT" if "Rate" in name else "TYPE_INTEGER"}
            for name in metrics
        ],
        "rows": rows[offset : offset + limit],
        "rowCount": len(rows),
        "metadata": {"currencyCode": "EUR", "timeZone": "Europe/Berlin"},
    }


def days(ranges: list[dict]):
    for it in ranges:
        day, last = (datetime.fromisoformat(it[key]) for key in ("startDate", "endDate"))
        while day <= last:
            yield day
            day += timedelta(days=1)


ANALYTICS_CASE = Case(
    name="google-analytics",
    mounts=lambda context: {
        "/data": Mount(discovery.read(context.specification("ga4-data")), hook=analytics_report),
        "/admin": Mount(discovery.read(context.specification("ga4-admin")), meanings={"currencyCode": "EUR"}),
    },
    configuration=lambda url, since, key: ANALYTICS.format(url=url, since=since, key=key),
    endpoints=("POST /v1beta/properties/{propertiesId}:runReport", "GET /v1beta/properties/{propertiesId}"),
    tables={"web_analytics_daily": 0, "web_conversions_daily": 0},
    nonsense={},
    newer={},
)

CASES = (SPOTIFY_CASE, SPOTIFY_ADS_CASE, STRIPE_CASE, STRIPE_TYPES_CASE, ANALYTICS_CASE, youtube.CASE)
