"""The checks, and the specifications that they take."""

from __future__ import annotations

from functools import partial

from .checks import Check
from .sdks import deezer, google_ads, google_analytics, meta, posthog, spotify, stripe, tiktok, youtube
from .specs import cases, hogql, providers, selftest

#: Name, the file's name below `--spec-dir`, and what it is.
SPECIFICATIONS = {
    "spotify": ("spotify-official-open-api.yml", "Spotify Web API, OpenAPI"),
    "spotify-ads": ("spotify-ads-v3.openapi.yaml", "Spotify Ads API v3, OpenAPI"),
    "stripe": ("stripe.spec3.json", "Stripe API, OpenAPI"),
    "ga4-admin": ("ga4.admin.v1beta.discovery.json", "Google Analytics Admin API v1beta, discovery document"),
    "youtube-data": ("youtube-data-v3.discovery.json", "YouTube Data API v3, discovery document"),
    "youtube-analytics": ("youtube-analytics-v2.discovery.json", "YouTube Analytics API v2, discovery document"),
    "ga4-data": ("ga4.discovery.json", "Google Analytics Data API v1beta, discovery document"),
}

CHECKS = [
    Check("sdk-stripe", "stripe: lists, pages, expansion, money, errors", stripe.check),
    Check("sdk-meta", "facebook-business: accounts, objects, insights, report runs", meta.check),
    Check("sdk-tiktok", "tiktok-business-api-sdk-official: advertisers, objects, reports", tiktok.check),
    Check("sdk-google-ads", "google-ads: messages, paging and failures of the library over REST", google_ads.check),
    Check("sdk-google-analytics", "google-analytics-data, -admin, google-api-python-client: properties, reports", google_analytics.check),
    Check("sdk-posthog", "phog-cli: projects, queries", posthog.check),
    Check("sdk-spotify", "spotipy: search, tracks, albums, artists, playlists, both kinds of tokens", spotify.check),
    Check("sdk-youtube", "google-api-python-client: channels, playlists, videos, analytics", youtube.check),
    Check("sdk-deezer", "deezer-python: charts, tracks, albums, artists, playlists", deezer.check),
    Check("spec-judge", "the judge itself: requests that are wrong in one way each", selftest.check, needs_sandbox=False),
    *(
        Check(f"spec-{case.name}", "our client on a mock of the provider's specification", partial(cases.check, case), needs_sandbox=False)
        for case in providers.CASES
    ),
    Check("spec-posthog", "our client's queries, read by PostHog's own parser", hogql.check),
]
