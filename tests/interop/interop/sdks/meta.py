"""Meta's business SDK. Its address is a constant, `FacebookSession.GRAPH`."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from decimal import Decimal

from ..checks import Claims, Context
from ..sandbox import META_TOKEN


def ran(run, rows: list, claims: Claims) -> None:
    """Claims that a report run ends, with these rows."""
    status = "async_status"
    claims.equal(type(run).__name__, "AdReportRun", "what a report run is")
    for _ in range(600):
        run = run.api_get()
        if run[status] == "Job Completed":
            break
        time.sleep(0.1)
    claims.equal(run.get(status), "Job Completed", "the run's status")
    key = lambda row: (row["campaign_id"], row["date_start"], row["impressions"], row["spend"])
    late = list(run.get_insights(params={"limit": 5}))
    claims.that(sorted(map(key, late)) == sorted(map(key, rows)), "a run has the rows that come at once", (len(late), len(rows)))


def check(context: Context, claims: Claims) -> None:
    import facebook_business
    from facebook_business.adobjects.ad import Ad
    from facebook_business.adobjects.adaccount import AdAccount
    from facebook_business.adobjects.adset import AdSet
    from facebook_business.adobjects.adsinsights import AdsInsights
    from facebook_business.adobjects.campaign import Campaign
    from facebook_business.adobjects.user import User
    from facebook_business.api import FacebookAdsApi
    from facebook_business.exceptions import FacebookRequestError
    from facebook_business.session import FacebookSession

    class Session(FacebookSession):
        GRAPH = context.calm.url("meta_ads")

    class Stormy(FacebookSession):
        GRAPH = context.stormy.url("meta_ads")

    def api(session: type, token: str = META_TOKEN) -> FacebookAdsApi:
        return FacebookAdsApi(session(access_token=token))

    graph = api(Session)
    claims.note(f"facebook_business {facebook_business.__version__}, {FacebookAdsApi.API_VERSION}")
    fields = ["id", "account_id", "name", "currency", "timezone_name"]
    accounts = list(User("me", api=graph).get_ad_accounts(fields, {"limit": 1}))
    claims.equal(len(accounts), 3, "the number of accounts, a page each")
    claims.that(all(isinstance(it, AdAccount) for it in accounts), "accounts are AdAccounts")
    claims.that({it["currency"] for it in accounts} == {"USD", "EUR", "JPY"}, "their currencies", accounts)
    account = AdAccount(accounts[0]["id"], api=graph)
    claims.equal(account.api_get(fields)["id"], accounts[0]["id"], "the account by itself")

    # Objects, page by page.
    lists = [
        (
            account.get_campaigns,
            Campaign,
            [Campaign.Field.id, Campaign.Field.name, Campaign.Field.objective, Campaign.Field.start_time],
        ),
        (account.get_ad_sets, AdSet, [AdSet.Field.id, AdSet.Field.campaign_id, AdSet.Field.name]),
        (account.get_ads, Ad, [Ad.Field.id, Ad.Field.adset_id, Ad.Field.name]),
    ]
    ids = {}
    for listing, kind, wanted in lists:
        objects = list(listing(wanted, {"limit": 1}))
        whole = list(listing(wanted, {"limit": 100}))
        name = kind.__name__
        claims.that(
            len(objects) > 1 and [it["id"] for it in objects] == [it["id"] for it in whole],
            f"pages of one give the same as one page: {name}",
            len(objects),
        )
        claims.that(all(isinstance(it, kind) and isinstance(it["id"], str) for it in whole), f"{name}s have ids of text")
        ids[kind] = {it["id"] for it in whole}
    claims.that(max(int(it) for it in ids[Campaign]) > 2**53, "ids beyond 2^53 are intact", ids[Campaign])
    ad_set = account.get_ad_sets([AdSet.Field.campaign_id])[0]
    claims.that(ad_set["campaign_id"] in ids[Campaign], "an ad set's campaign is on the list", ad_set)
    campaign = account.get_campaigns([Campaign.Field.start_time])[0]
    started = datetime.strptime(campaign["start_time"], "%Y-%m-%dT%H:%M:%S%z")
    claims.that(started.tzinfo is not None, "a time has its offset", campaign["start_time"])

    # Insights, at once and as a report run.
    today = date.today()
    asked = {
        "level": "campaign",
        "time_increment": 1,
        "limit": 5,
        "time_range": {"since": str(today - timedelta(days=9)), "until": str(today - timedelta(days=3))},
    }
    wanted = [
        AdsInsights.Field.campaign_id,
        AdsInsights.Field.impressions,
        AdsInsights.Field.spend,
        AdsInsights.Field.actions,
        AdsInsights.Field.date_start,
    ]
    rows = list(account.get_insights(wanted, asked))
    claims.that(len(rows) > 5, "insights fill several pages", len(rows))
    claims.that(all(isinstance(row, AdsInsights) for row in rows), "they are AdsInsights")
    claims.that(all(row["campaign_id"] in ids[Campaign] for row in rows), "of the account's campaigns")
    claims.that(all(date.fromisoformat(row["date_start"]) <= today for row in rows), "days are dates")
    claims.that(sum(Decimal(row["spend"]) for row in rows) > 0, "spend is decimal text", rows[0])
    # The SDK sends fields as a JSON list where it posts.
    run = claims.works(lambda: account.get_insights_async(wanted, asked), "a report run whose fields are a JSON list")
    if run:
        ran(run, rows, claims)
    commas = {**asked, "fields": ",".join(wanted)}
    ran(account.get_insights_async(params=commas), rows, claims)

    # Errors.
    error = claims.raises(FacebookRequestError, lambda: User("me", api=api(Session, "wrong")).get_ad_accounts(), "a wrong token")
    if error:
        claims.equal(error.api_error_code(), 190, "its code")
        claims.equal(error.api_error_type(), "OAuthException", "its type")
    error = claims.raises(FacebookRequestError, lambda: AdAccount("act_1", api=graph).api_get(["name"]), "an account of nobody")
    if error:
        claims.equal(
            (error.http_status(), error.api_error_code(), error.api_error_subcode()), (400, 100, 33), "status, code, subcode"
        )
    error = claims.raises(FacebookRequestError, lambda: account.api_get(["nonsense"]), "a field that is not there")
    if error:
        claims.equal(error.api_error_code(), 100, "its code")
    stormy = User("me", api=api(Stormy))
    claims.storm(
        FacebookRequestError,
        lambda: stormy.get_ad_accounts(["name"]),
        lambda it: it.api_error_code() in (4, 17, 613, 80000, 80004),
        "a limit",
    )
