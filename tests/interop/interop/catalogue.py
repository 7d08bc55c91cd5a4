"""The checks, and the specifications that they take."""

from __future__ import annotations

from functools import partial

from .checks import Check
from .sdks import deezer, google_ads, google_analytics, meta, posthog, spotify, stripe, tiktok, youtube
from .specs import answers, cases, hogql, providers, selftest, vocabulary

#: Name, the file's name below `--spec-dir`, and where the provider publishes it.
SPECIFICATIONS = {
    "spotify": ("spotify-official-open-api.yml", "OpenAPI, from the Web API's reference at developer.spotify.com"),
    "spotify-ads": ("spotify-ads-v3.openapi.yaml", "OpenAPI, from the Ads API's reference at developer.spotify.com"),
    "stripe": ("stripe.spec3.json", "OpenAPI, openapi/spec3.json of github.com/stripe/openapi"),
    "ga4-admin": ("ga4.admin.v1beta.discovery.json", "https://analyticsadmin.googleapis.com/$discovery/rest?version=v1beta"),
    "youtube-data": ("youtube-data-v3.discovery.json", "https://youtube.googleapis.com/$discovery/rest?version=v3"),
    "youtube-analytics": (
        "youtube-analytics-v2.discovery.json",
        "https://youtubeanalytics.googleapis.com/$discovery/rest?version=v2",
    ),
    "ga4-data": ("ga4.discovery.json", "https://analyticsdata.googleapis.com/$discovery/rest?version=v1beta"),
}

CHECKS = [
    Check("sdk-stripe", "stripe: lists, pages, expansion, money, errors", stripe.check),
    Check("sdk-meta", "facebook-business: accounts, objects, insights, report runs", meta.check),
    Check("sdk-tiktok", "tiktok-business-api-sdk-official: advertisers, objects, reports", tiktok.check),
    Check("sdk-google-ads", "google-ads: messages, paging and failures of the library over REST", google_ads.check),
    Check(
        "sdk-google-analytics",
        "google-analytics-data, -admin, google-api-python-client: properties, reports",
        google_analytics.check,
    ),
    Check("sdk-posthog", "phog-cli: projects, queries", posthog.check),
    Check("sdk-spotify", "spotipy: search, tracks, albums, artists, playlists, both kinds of tokens", spotify.check),
    Check("sdk-youtube", "google-api-python-client: channels, playlists, videos, analytics", youtube.check),
    Check("sdk-deezer", "deezer-python: charts, tracks, albums, artists, playlists", deezer.check),
    Check("spec-judge", "the judge itself: requests that are wrong in one way each", selftest.check, needs_sandbox=False),
    *(
        Check(
            f"spec-{case.name}",
            "our client on a mock of the provider's specification",
            partial(cases.check, case),
            needs_sandbox=False,
        )
        for case in providers.CASES
    ),
    Check("spec-posthog", "our client's queries, read by PostHog's own parser", hogql.check),
    Check("names-meta", "fields and parameters of our client are those of facebook-business", vocabulary.meta),
    Check("names-tiktok", "paths and parameters of our client are those of TikTok's SDK", vocabulary.tiktok),
    Check("names-google-ads", "fields of our client's queries are those of google-ads", vocabulary.google_ads),
    *(
        Check(f"answers-{it.name}", "answers of our imitation follow the provider's specification", partial(answers.check, it))
        for it in answers.IMITATIONS
    ),
]
