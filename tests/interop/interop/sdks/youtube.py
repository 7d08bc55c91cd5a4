"""google-api-python-client, which reads YouTube's own descriptions of its APIs."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from ..checks import Claims, Context
from .google import credentials

API_KEY = "AIzaSandboxYouTubeKeyThatOpensNothing00"
OWN, SHY = "UCsandbox-label_00000001", "UCsandbox-timid_00000003"
LONG = "PLsandbox-everything-we-made"
SCOPES = "https://www.googleapis.com/auth/youtube.readonly"


def check(context: Context, claims: Claims) -> None:
    from googleapiclient.discovery import build_from_document
    from googleapiclient.errors import HttpError

    base = context.calm.url("youtube")
    described = context.specification("youtube-data").read_text()

    def reach(place: str, text: str = described, **identity):
        service = build_from_document(text, **identity)
        service._baseUrl = f"{place}/"
        return service

    keyed = reach(base, developerKey=API_KEY)
    channels = keyed.channels().list(part="snippet,statistics", id=f"{OWN},{SHY}").execute()
    claims.equal(channels["kind"], "youtube#channelListResponse", "the kind of a list")
    by_id = {it["id"]: it for it in channels["items"]}
    claims.that(set(by_id) == {OWN, SHY}, "channels by their ids", list(by_id))
    claims.that(int(by_id[OWN]["statistics"]["viewCount"]) > 0, "views are text of digits", by_id[OWN])
    claims.equal(by_id[SHY]["statistics"]["hiddenSubscriberCount"], True, "hidden subscribers are said")

    # Pages, by the library's own `list_next`.
    items, ask = [], keyed.playlistItems().list(part="snippet,contentDetails", playlistId=LONG, maxResults=20)
    while ask is not None:
        answer = ask.execute()
        items += answer["items"]
        ask = keyed.playlistItems().list_next(ask, answer)
    claims.that(
        len(items) == answer["pageInfo"]["totalResults"] > 20, "a playlist, page by page", (len(items), answer["pageInfo"])
    )
    claims.equal([it["snippet"]["position"] for it in items], list(range(len(items))), "positions")
    claims.that(datetime.fromisoformat(items[0]["snippet"]["publishedAt"]).tzinfo, "a time with its zone", items[0]["snippet"])
    ids = list(dict.fromkeys(it["snippet"]["resourceId"]["videoId"] for it in items))[:50]
    videos = keyed.videos().list(part="statistics,snippet", id=",".join(ids)).execute()["items"]
    claims.that(videos and {it["id"] for it in videos} <= set(ids), "videos by their ids", len(videos))
    claims.that(all(int(it["statistics"]["viewCount"]) >= 0 for it in videos), "their views")
    playlists = keyed.playlists().list(part="snippet,contentDetails", id=LONG).execute()["items"]
    claims.equal(playlists[0]["contentDetails"]["itemCount"], len(items), "a playlist's count")

    # The analytics of a channel.
    reports = reach(base, context.specification("youtube-analytics").read_text(), credentials=credentials(base, SCOPES)).reports()
    today = date.today()
    report = reports.query(
        ids="channel==MINE",
        startDate=str(today - timedelta(days=30)),
        endDate=str(today - timedelta(days=5)),
        metrics="views,estimatedMinutesWatched",
        dimensions="day",
        sort="day",
    ).execute()
    claims.equal([it["name"] for it in report["columnHeaders"]], ["day", "views", "estimatedMinutesWatched"], "headers")
    claims.that(len(report["rows"]) > 10, "days of the report", len(report["rows"]))
    claims.that(
        all(date.fromisoformat(day) and type(views) is int for day, views, _ in report["rows"]),
        "days and whole numbers",
        report["rows"][:2],
    )

    # Errors.
    error = claims.raises(
        HttpError, keyed.playlistItems().list(part="snippet", playlistId="PLnobody").execute, "a playlist that is not there"
    )
    if error:
        claims.equal((error.status_code, error.error_details[0]["reason"]), (404, "playlistNotFound"), "its status and reason")
    error = claims.raises(HttpError, reach(base, developerKey="wrong").channels().list(part="id", id=OWN).execute, "a wrong key")
    if error:
        claims.equal(error.status_code, 400, "its status")
    stormy = reach(context.stormy.url("youtube"), developerKey=API_KEY)
    once = lambda: stormy.channels().list(part="id", id=OWN).execute()
    claims.storm(HttpError, once, lambda it: it.status_code in (403, 429), "a limit")
