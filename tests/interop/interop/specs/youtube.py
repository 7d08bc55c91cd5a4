"""YouTube: the Data API and the Analytics API, by their discovery documents."""

from __future__ import annotations

from datetime import date, timedelta

from . import discovery
from .cases import Case
from .judge import Asked
from .mock import Mount

YOUTUBE = """
[integrations.youtube]
quota.account = {{ per_second = 500, burst = 50 }}

[connections.checked]
integration = "youtube"
base_url = "{url}/data"
endpoints.analytics = "{url}/analytics"
endpoints.token = "{url}/token"
start_date = "{since}"
credentials.client_id = "made-up"
credentials.client_secret = "made-up"
credentials.refresh_token = "made-up"
settings = {{ channels = ["UC_x5XG1OV2P6uZZ5FSM9Ttw"], videos = ["dQw4w9WgXcQ"], playlists = ["PLFgquLnL59alCl_2TQvOiD5Vgm1hCaGSI"], revenue = true }}
"""


#: Of dimensions, which the document describes in words only.
VALUES = {"country": "US", "insightTrafficSourceType": "YT_SEARCH"}


def data(asked: Asked, made: dict) -> dict:
    """The things that were asked for by their ids, with the parts that were asked for."""
    ids = [text for it in asked.values.get("id", []) for text in it.split(",")]
    parts = {text for it in asked.values.get("part", []) for text in it.split(",")}
    kept = {"kind", "etag", "id", *parts}
    items = [{key: value for key, value in it.items() if key in kept} for it in made.get("items", [])]
    if ids:
        items = [{**items[0], "id": id} for id in ids]
        made.pop("nextPageToken", None)
    elif not made.get("nextPageToken"):
        made.pop("nextPageToken", None)
    before = len(items) if "pageToken" in asked.values else 0
    for place, it in enumerate(items):
        numbers(it)
        if "resourceId" in it.get("snippet", {}):
            it["snippet"]["position"] = before + place
            it["snippet"]["resourceId"]["kind"] = "youtube#video"
        if "itemCount" in it.get("contentDetails", {}):
            # Two pages of its entries.
            it["contentDetails"]["itemCount"] = 4
    count = len(items) if "nextPageToken" not in made and "pageToken" not in asked.values else 2 * len(items)
    return made | {"items": items, "pageInfo": {"totalResults": count, "resultsPerPage": max(1, len(items))}}


def numbers(item: dict) -> None:
    """Counts of a size that counts have."""
    for key in item.get("statistics", {}):
        if key.endswith("Count") and key != "hiddenSubscriberCount":
            item["statistics"][key] = "9007199254"


def analytics(asked: Asked, made: dict) -> dict:
    """The columns that were asked for, one row a day where days are, else one row."""
    dimensions = [it for it in asked.values.get("dimensions", "").split(",") if it]
    metrics = asked.values["metrics"].split(",")
    first, last = (date.fromisoformat(asked.values[key]) for key in ("startDate", "endDate"))
    days = [first + timedelta(days=it) for it in range((last - first).days + 1)] if "day" in dimensions else [first]
    rows = [
        [str(day) if name == "day" else VALUES.get(name, f"made-up-{name}") for name in dimensions]
        + [place + 1 for place, _ in enumerate(metrics)]
        for day in days
    ]
    start = int(asked.values.get("startIndex", 1)) - 1
    columns = [{"name": name, "columnType": "DIMENSION", "dataType": "STRING"} for name in dimensions]
    columns += [{"name": name, "columnType": "METRIC", "dataType": "INTEGER"} for name in metrics]
    return {
        "kind": "youtubeAnalytics#resultTable",
        "columnHeaders": columns,
        "rows": rows[start : start + int(asked.values.get("maxResults", 10_000))],
    }


CASE = Case(
    name="youtube",
    mounts=lambda context: {
        "/data": Mount(discovery.read(context.specification("youtube-data")), hook=data, meanings={"privacyStatus": "public"}),
        "/analytics": Mount(discovery.read(context.specification("youtube-analytics")), hook=analytics),
    },
    configuration=lambda url, since, key: YOUTUBE.format(url=url, since=since),
    endpoints=(
        "GET /youtube/v3/channels",
        "GET /youtube/v3/videos",
        "GET /youtube/v3/playlists",
        "GET /youtube/v3/playlistItems",
        "GET /v2/reports",
    ),
    tables={"counter_readings_daily": 6, "playlists": 1, "playlist_placements": 4, "content_performance_daily": 0},
    nonsense={},
    newer={},
)
