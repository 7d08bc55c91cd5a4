"""deezer-python, the best-known client of Deezer's API. Its address is fixed; httpx lets a request be turned around."""

from __future__ import annotations

from datetime import date
from itertools import islice

from ..checks import Claims, Context

CHECKED_PLAYLISTS = {9007199254740993: 7, 1313621735: 1230}


def check(context: Context, claims: Claims) -> None:
    import deezer
    import httpx

    def client(base: str) -> deezer.Client:
        # The library takes the path of `next` below its own host, where no imitation has a prefix.
        def reached(request: httpx.Request) -> None:
            place = httpx.URL(base)
            path = request.url.raw_path.decode().removeprefix(place.path)
            request.url = place.copy_with(raw_path=f"{place.path}{path}".encode())
            request.headers["host"] = request.url.netloc.decode()

        it = deezer.Client()
        it.event_hooks = {"request": [reached]}
        return it

    calm = client(context.calm.url("deezer"))
    claims.that(len(calm.get_tracks_chart()) > 0, "a chart has a first page")
    first = list(islice(calm._get_paginated_list("chart/0/tracks"), 60))
    claims.that(len(first) == 60 and all(isinstance(it, deezer.Track) for it in first), "a chart goes over pages", len(first))
    claims.that(sorted((it.rank for it in first), reverse=True) == [it.rank for it in first], "by rank")
    track = calm.get_track(first[0].id)
    claims.equal(track.id, first[0].id, "the track by itself")
    claims.that(isinstance(track.release_date, date), "a release day is a date", track.release_date)
    claims.that(isinstance(track.artist, deezer.Artist) and isinstance(track.album, deezer.Album), "artist and album are objects")
    claims.equal(calm.request("GET", f"track/isrc:{track.isrc}").id, track.id, "the track by its ISRC")
    album = calm.get_album(track.album.id)
    claims.that(len({it.id for it in album.get_tracks()}) == album.nb_tracks, "an album's tracks", album.nb_tracks)
    claims.equal(calm.request("GET", f"album/upc:{album.upc}").id, album.id, "the album by its UPC")
    artist = calm.get_artist(track.artist.id)
    claims.that(artist.nb_fan > 0, "an artist's fans", artist.nb_fan)
    claims.that(len(artist.get_top()) > 0, "an artist's top")
    for id, count in CHECKED_PLAYLISTS.items():
        playlist = calm.get_playlist(id)
        claims.equal(playlist.id, id, "a playlist's id")
        tracks = list(playlist.get_tracks())
        claims.equal(len(tracks), count, f"tracks of playlist {id}")
    claims.that(any(it.id > 2**53 for it in tracks), "ids beyond 2^53 are intact")
    claims.that(len(calm.search("Track 0001")) > 0, "search finds")

    error = claims.raises(deezer.exceptions.DeezerErrorResponse, lambda: calm.get_track(1), "a track that is not there")
    if error:
        claims.equal(error.json_data["error"]["code"], 800, "its code")
    claims.raises(deezer.exceptions.DeezerAPIException, lambda: calm.request("GET", "nonsense/1"), "a path that is not there")
    stormy = client(context.stormy.url("deezer"))
    claims.storm(
        deezer.exceptions.DeezerErrorResponse,
        lambda: stormy.get_artist(artist.id),
        lambda it: it.json_data["error"]["code"] == 4,
        "quota",
    )
