"""The checks, and the specifications that they take."""

from __future__ import annotations

from .checks import Check
from .sdks import deezer, google_ads, google_analytics, meta, posthog, spotify, stripe, tiktok, youtube

#: Name, the file's name below `--spec-dir`, and what it is.
SPECIFICATIONS = {
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
]
