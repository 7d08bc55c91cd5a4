"""spotipy, the best-known client of Spotify's Web API."""

from __future__ import annotations

from ..checks import Claims, Context
from ..sandbox import SPOTIFY_ID, SPOTIFY_REFRESH_TOKEN, SPOTIFY_SECRET, SPOTIFY_USER

#: The user's own: one with every kind of entry, and one of several pages.
ODD_PLAYLIST, LONG_PLAYLIST = "4playlist000000000odd1", "4playlist00000000long1"


def check(context: Context, claims: Claims) -> None:
    import spotipy
    from spotipy.cache_handler import MemoryCacheHandler
    from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth, SpotifyOauthError

    def app(base: str, secret: str = SPOTIFY_SECRET) -> spotipy.Spotify:
        credentials = SpotifyClientCredentials(SPOTIFY_ID, secret, cache_handler=MemoryCacheHandler())
        credentials.OAUTH_TOKEN_URL = f"{base}/api/token"
        return reached(spotipy.Spotify(auth_manager=credentials, retries=0, status_retries=0), base)

    def user(base: str) -> spotipy.Spotify:
        old = {
            "access_token": "old",
            "refresh_token": SPOTIFY_REFRESH_TOKEN,
            "expires_at": 0,
            "scope": "playlist-read-private",
            "token_type": "Bearer",
        }
        oauth = SpotifyOAuth(
            SPOTIFY_ID,
            SPOTIFY_SECRET,
            "http://127.0.0.1/callback",
            scope="playlist-read-private",
            cache_handler=MemoryCacheHandler(old),
        )
        oauth.OAUTH_TOKEN_URL = f"{base}/api/token"
        return reached(spotipy.Spotify(auth_manager=oauth, retries=0, status_retries=0), base)

    def reached(client: spotipy.Spotify, base: str) -> spotipy.Spotify:
        client.prefix = f"{base}/v1/"
        return client

    base = context.calm.url("spotify")
    client, person = app(base), user(base)
    claims.equal(person.me()["id"], SPOTIFY_USER, "who the refreshed token is of")

    found = client.search("Track", type="track", limit=5, market="US")["tracks"]
    claims.that(found["total"] > 10 and len(found["items"]) == 5, "a search gives a page", found["total"])
    further = client.next({"next": found["next"]})
    claims.that(further and further["tracks"]["offset"] == 5, "`next` is followed", found["next"])
    track = client.track(found["items"][0]["id"], market="US")
    claims.equal(track["id"], found["items"][0]["id"], "the track by itself")
    claims.that(len(track["external_ids"]["isrc"]) == 12, "an ISRC has twelve characters", track["external_ids"])
    claims.that(type(track["duration_ms"]) is int, "a duration is a whole number", track["duration_ms"])
    by_isrc = client.search(f"isrc:{track['external_ids']['isrc']}", type="track", market="US")["tracks"]["items"]
    claims.that(track["id"] in {it["id"] for it in by_isrc}, "search by ISRC finds it", by_isrc)
    album = client.album(track["album"]["id"], market="US")
    claims.that(
        album["release_date_precision"] in ("day", "month", "year"),
        "an album tells how precise its day is",
        album["release_date"],
    )
    first = client.album_tracks(album["id"], limit=3, market="US")
    tracks = everything(client, first)
    claims.that(
        len(tracks) == first["total"] == album["total_tracks"] > 3,
        "an album's tracks, page by page",
        (len(tracks), first["total"]),
    )
    artist = client.artist(track["artists"][0]["id"])
    claims.equal(artist["type"], "artist", "an artist's type")
    first = client.artist_albums(artist["id"], limit=2)
    albums = everything(client, first)
    claims.that(
        len({it["id"] for it in albums}) == first["total"] > 2, "an artist's albums, page by page", (len(albums), first["total"])
    )

    # The user's own playlists: entries at `/items`.
    whole = person.playlist(ODD_PLAYLIST)
    first = person.playlist_items(ODD_PLAYLIST, limit=5)
    entries = everything(person, first)
    claims.that(len(entries) == first["total"], "a playlist's entries, page by page", (len(entries), first["total"]))
    claims.that(whole["id"] == ODD_PLAYLIST and whole["snapshot_id"], "a playlist has its snapshot", whole.get("snapshot_id"))
    claims.that(None in entries, "an entry may be null", entries[:1])
    claims.that(all("added_at" in it for it in entries if it), "entries say when they were added", entries[:1])
    first = person.playlist_items(LONG_PLAYLIST, limit=50)
    entries = everything(person, first)
    claims.that(len(entries) == first["total"] > 100, "a playlist of several pages", (len(entries), first["total"]))

    # Errors.
    error = claims.raises(spotipy.SpotifyException, lambda: client.track("0000000000000000000000"), "a track that is not there")
    if error:
        claims.equal(error.http_status, 404, "its status")
    error = claims.raises(spotipy.SpotifyException, client.me, "`me` without a user")
    if error:
        claims.that(error.http_status in (401, 403), "it is refused", error.http_status)
    claims.raises(SpotifyOauthError, lambda: app(base, "wrong").artist(artist["id"]), "a wrong secret")
    stormy = app(context.stormy.url("spotify"))
    # How long to wait is not always told.
    claims.storm(spotipy.SpotifyException, lambda: stormy.artist(artist["id"]), lambda it: it.http_status == 429, "429")


def everything(client, page: dict) -> list[dict]:
    """All items from this page on."""
    items = list(page["items"])
    while page["next"]:
        page = client.next(page)
        items += page["items"]
    return items
