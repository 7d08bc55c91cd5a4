"""The checks, and the specifications that they take."""

from __future__ import annotations

from .checks import Check
from .sdks import deezer, meta, spotify, stripe, tiktok

#: Name, the file's name below `--spec-dir`, and what it is.
SPECIFICATIONS = {
}

CHECKS = [
    Check("sdk-stripe", "stripe: lists, pages, expansion, money, errors", stripe.check),
    Check("sdk-meta", "facebook-business: accounts, objects, insights, report runs", meta.check),
    Check("sdk-tiktok", "tiktok-business-api-sdk-official: advertisers, objects, reports", tiktok.check),
    Check("sdk-spotify", "spotipy: search, tracks, albums, artists, playlists, both kinds of tokens", spotify.check),
    Check("sdk-deezer", "deezer-python: charts, tracks, albums, artists, playlists", deezer.check),
]
