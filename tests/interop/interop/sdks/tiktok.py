"""TikTok's business SDK."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from ..checks import Claims, Context
from ..sandbox import TIKTOK_APP, TIKTOK_SECRET, TIKTOK_TOKEN

WEST, KUWAIT, FORBIDDEN = "7002238017842757633", "7002238017842757636", "7002238017842757637"


def check(context: Context, claims: Claims) -> None:
    import business_api_client as sdk
    from business_api_client.rest import ApiException
    from business_api_client.tiktok_business.tiktok_exceptions import TiktokSDKError

    def client(base: str) -> sdk.ApiClient:
        configuration = sdk.Configuration()
        configuration.host = base
        return sdk.ApiClient(configuration)

    calm = client(context.calm.url("tiktok_ads"))
    listed = sdk.AuthenticationApi(calm).oauth2_advertiser_get(TIKTOK_APP, TIKTOK_SECRET, TIKTOK_TOKEN)
    advertisers = {it["advertiser_id"] for it in listed["data"]["list"]}
    claims.that({WEST, KUWAIT, FORBIDDEN} <= advertisers, "advertisers have ids of text, beyond 2^53", advertisers)
    known = sdk.AccountManagementApi(calm).advertiser_info([WEST, KUWAIT], TIKTOK_TOKEN)["data"]["list"]
    claims.that([it["currency"] for it in known] == ["USD", "KWD"], "descriptions in the order asked", known)

    # Objects, page by page.
    lists = {
        "campaign_id": sdk.CampaignCreationApi(calm).campaign_get,
        "adgroup_id": sdk.AdgroupApi(calm).adgroup_get,
        "ad_id": sdk.AdApi(calm).ad_get,
    }
    ids = {}
    for key, listing in lists.items():
        ids[key] = paged(listing, claims, key, advertiser_id=WEST)
        whole = [it[key] for it in listing(WEST, TIKTOK_TOKEN, page_size=1000)["data"]["list"]]
        claims.that(ids[key] == whole and len(whole) > 1, f"pages of two give the same as one page: {key}", (ids[key], whole))
        claims.that(all(isinstance(it, str) and int(it) > 2**53 for it in whole), f"{key} is text, beyond 2^53", whole)
    some = sdk.CampaignCreationApi(calm).campaign_get(
        WEST, TIKTOK_TOKEN, filtering=sdk.FilteringCampaignGet(campaign_ids=[ids["campaign_id"][1]])
    )
    claims.that(
        [it["campaign_id"] for it in some["data"]["list"]] == [ids["campaign_id"][1]], "filtering by the SDK's own type", some
    )
    created = some["data"]["list"][0]["create_time"]
    claims.that(datetime.strptime(created, "%Y-%m-%d %H:%M:%S"), "a time in the documented shape", created)

    # A report.
    report = sdk.ReportingApi(calm).report_integrated_get
    asked = {
        "advertiser_id": WEST,
        "data_level": "AUCTION_CAMPAIGN",
        "dimensions": ["campaign_id", "stat_time_day"],
        "metrics": ["spend", "impressions", "clicks"],
        "page_size": 5,
        "start_date": str(date.today() - timedelta(days=9)),
        "end_date": str(date.today() - timedelta(days=3)),
    }
    rows, page = [], 1
    while True:
        answer = report("BASIC", TIKTOK_TOKEN, page=page, **asked)
        rows += answer["data"]["list"]
        if page >= answer["data"]["page_info"]["total_page"]:
            break
        page += 1
    claims.that(
        len(rows) == answer["data"]["page_info"]["total_number"] > 5,
        "pages of the report end",
        (len(rows), answer["data"]["page_info"]),
    )
    claims.that({row["dimensions"]["campaign_id"] for row in rows} <= set(ids["campaign_id"]), "rows are of listed campaigns")
    claims.that(sum(Decimal(str(row["metrics"]["spend"])) for row in rows) > 0, "spend is decimal text", rows[0])

    # Errors come under status 200; the SDK raises them.
    wrong = lambda: sdk.CampaignCreationApi(calm).campaign_get(WEST, "wrong")
    error = claims.raises(TiktokSDKError, wrong, "a wrong token")
    if error:
        claims.that("40105" in str(error) and "request_id: 20" in str(error), "it tells code and request", str(error))
    error = claims.raises(
        TiktokSDKError,
        lambda: sdk.CampaignCreationApi(calm).campaign_get(FORBIDDEN, TIKTOK_TOKEN),
        "an advertiser that is not for us",
    )
    if error:
        claims.that("40001" in str(error), "it tells the code", str(error))
    claims.raises(
        ApiException,
        lambda: calm.call_api("/open_api/v1.3/nothing/", "GET", response_type="Response"),
        "a path that is not there",
    )
    stormy = sdk.CampaignCreationApi(client(context.stormy.url("tiktok_ads")))
    claims.storm(
        TiktokSDKError, lambda: stormy.campaign_get(WEST, TIKTOK_TOKEN), lambda it: "40100" in str(it), "40100, too many requests"
    )


def paged(listing, claims: Claims, key: str, advertiser_id: str) -> list[str]:
    """All ids, from pages of two."""
    ids, page = [], 1
    while True:
        data = listing(advertiser_id, TIKTOK_TOKEN, page=page, page_size=2)["data"]
        claims.that(data["list"], f"no page of {key} up to total_page is empty", data["page_info"])
        ids += [it[key] for it in data["list"]]
        if page >= data["page_info"]["total_page"]:
            claims.equal(data["page_info"]["total_number"], len(ids), f"total_number of {key}")
            return ids
        page += 1
