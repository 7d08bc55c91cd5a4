"""Names that our client uses where a provider publishes no specification: its SDK knows which there are. Our client asks our imitation through a proxy."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from datetime import date, timedelta

from ..checks import Claims, Context
from ..sandbox import GOOGLE_KEY, META_TOKEN, TIKTOK_APP, TIKTOK_SECRET, TIKTOK_TOKEN
from ..worker import once
from .cases import DAYS, tail
from .proxy import Passed, proxied

# === The run


def asked_by(context: Context, claims: Claims, id: str, connection: str, tables: tuple[str, ...]) -> list[Passed]:
    """What our client asks of the imitation in one run."""
    asked: list[Passed] = []
    since = str(date.today() - timedelta(days=DAYS))
    with proxied(context.calm.url(id), asked) as url:
        text = connection.format(url=url, since=since, sandbox=context.calm.url(id))
        run = once(context.dynamoi, context.place / f"names-{id}", text)
    claims.note(f"{len(asked)} requests; rows: " + ", ".join(f"{name} {count}" for name, count in run.rows.items()))
    claims.that(asked, "the client asks")
    claims.that(
        run.exit in (0, 3), "the run ends with 0, or with 3 where an account is not for us", f"{run.exit}: {tail(run.log)}"
    )
    for table in tables:
        claims.that(run.rows.get(table), f"{table} has rows")
    return asked


def known(claims: Claims, names: set[str], there_are: Callable[[str], bool], what: str) -> None:
    for name in sorted(names):
        claims.that(there_are(name), f"{what} {name!r} is one that the SDK knows")


# === Meta Ads

META = """
[integrations.meta_ads]
quota.app = {{ per_second = 500, burst = 50 }}
quota.account = {{ per_second = 500, burst = 50 }}

[connections.checked]
integration = "meta_ads"
base_url = "{url}"
start_date = "{since}"
credentials.access_token = "META_TOKEN"
settings = {{ countries = true }}
""".replace("META_TOKEN", META_TOKEN)

FIELD = re.compile(r"[a-z0-9_]+(?:\{[^}]*\})?")


def meta(context: Context, claims: Claims) -> None:
    from facebook_business.adobjects.ad import Ad
    from facebook_business.adobjects.adaccount import AdAccount
    from facebook_business.adobjects.adreportrun import AdReportRun
    from facebook_business.adobjects.adset import AdSet
    from facebook_business.adobjects.adsinsights import AdsInsights
    from facebook_business.adobjects.campaign import Campaign

    kinds = {"adaccounts": AdAccount, "campaigns": Campaign, "adsets": AdSet, "ads": Ad, "insights": AdsInsights}
    inner = {"campaign": Campaign, "adset": AdSet, "creative": None}
    fields: dict[type, set[str]] = {}
    values: dict[str, set[str]] = {"breakdowns": set(), "level": set(), "action_attribution_windows": set()}
    statuses: dict[type, set[str]] = {}
    parameters: set[str] = set()
    tables = ("ad_accounts", "ad_campaigns", "ad_sets", "ads", "ad_performance_daily", "ad_country_daily")
    for it in asked_by(context, claims, "meta_ads", META, tables):
        last = it.path.rstrip("/").rpartition("/")[2]
        kind = kinds.get(last) or (AdAccount if last.startswith("act_") else AdReportRun)
        for field in FIELD.findall(it.query.get("fields", "")):
            name, brace, rest = field.partition("{")
            fields.setdefault(kind, set()).add(name)
            if brace and inner.get(name):
                fields.setdefault(inner[name], set()).update(rest.rstrip("}").split(","))
        for name, found in values.items():
            text = it.query.get(name, "")
            found.update(json.loads(text) if text.startswith("[") else filter(None, text.split(",")))
        if "effective_status" in it.query:
            statuses.setdefault(kind, set()).update(json.loads(it.query["effective_status"]))
        if kind is AdsInsights:
            parameters |= set(it.query)
    for kind, names in fields.items():
        known(claims, names, lambda name, kind=kind: name in vars(kind.Field).values(), f"field of {kind.__name__}")
    for kind, names in statuses.items():
        known(claims, names, lambda name, kind=kind: name in vars(kind.EffectiveStatus).values(), f"status of {kind.__name__}")
    for name, holder in (
        ("breakdowns", AdsInsights.Breakdowns),
        ("level", AdsInsights.Level),
        ("action_attribution_windows", AdsInsights.ActionAttributionWindows),
    ):
        known(claims, values[name], lambda value, holder=holder: value in vars(holder).values(), name)
    taken = set(re.findall(r"^\s+'(\w+)': '", inspect.getsource(AdAccount.get_insights), re.M)) | {
        "fields",
        "limit",
        "after",
        "access_token",
        "appsecret_proof",
    }
    known(claims, parameters, lambda name: name in taken, "parameter of insights")


# === TikTok ads

TIKTOK = (
    """
[integrations.tiktok_ads]
quota.app = {{ per_second = 500, burst = 50 }}
quota.account = {{ per_second = 500, burst = 50 }}

[connections.checked]
integration = "tiktok_ads"
base_url = "{url}"
start_date = "{since}"
credentials.access_token = "TOKEN"
credentials.app_id = "APP"
credentials.app_secret = "SECRET"
settings = {{ countries = true }}
""".replace("TOKEN", TIKTOK_TOKEN)
    .replace("APP", TIKTOK_APP)
    .replace("SECRET", TIKTOK_SECRET)
)


def tiktok(context: Context, claims: Claims) -> None:
    import business_api_client as sdk

    methods = {
        "/oauth2/advertiser/get/": sdk.AuthenticationApi.oauth2_advertiser_get_with_http_info,
        "/advertiser/info/": sdk.AccountManagementApi.advertiser_info_with_http_info,
        "/campaign/get/": sdk.CampaignCreationApi.campaign_get_with_http_info,
        "/adgroup/get/": sdk.AdgroupApi.adgroup_get_with_http_info,
        "/ad/get/": sdk.AdApi.ad_get_with_http_info,
        "/report/integrated/get/": sdk.ReportingApi.report_integrated_get_with_http_info,
    }
    models = {
        "/campaign/get/": sdk.FilteringCampaignGet,
        "/adgroup/get/": sdk.FilteringAdgroupGet,
        "/ad/get/": sdk.FilteringAdGet,
    }
    tables = ("ad_accounts", "ad_campaigns", "ad_sets", "ads", "ad_performance_daily", "ad_country_daily")
    names: dict[str, set[str]] = {}
    filters: dict[str, set[str]] = {}
    for it in asked_by(context, claims, "tiktok_ads", TIKTOK, tables):
        path = it.path.removeprefix("/open_api/v1.3")
        names.setdefault(path, set()).update(it.query)
        if path in models and "filtering" in it.query:
            filters.setdefault(path, set()).update(json.loads(it.query["filtering"]))
    for path, given in names.items():
        if claims.that(path in methods, f"path {path} is one that the SDK knows"):
            taken = re.findall(r"query_params\.append\(\('(\w+)'", inspect.getsource(methods[path]))
            known(claims, given, lambda name, taken=taken: name in taken, f"parameter of {path}")
    for path, given in filters.items():
        known(claims, given, lambda name, path=path: name in models[path].attribute_map.values(), f"filter of {path}")


# === Google Ads

GOOGLE = """
[integrations.google_ads]
quota.app = {{ per_second = 500, burst = 50 }}
quota.account = {{ per_second = 500, burst = 50 }}
quota.project = {{ per_day = 1000000 }}

[connections.checked]
integration = "google_ads"
base_url = "{url}"
endpoints.token = "{sandbox}/token"
start_date = "{since}"
accounts_exclude = ["777-888-9999"]
credentials.service_account = {{ file = "KEY" }}
settings = {{ countries = true }}
""".replace("KEY", str(GOOGLE_KEY))


def google_ads(context: Context, claims: Claims) -> None:
    from google.ads.googleads.v25.services.types.google_ads_service import GoogleAdsRow, SearchGoogleAdsRequest
    from google.protobuf import json_format

    row = GoogleAdsRow.pb(GoogleAdsRow()).DESCRIPTOR

    def there_is(name: str) -> bool:
        """Whether the library's row has such a field, step by step."""
        described = row
        for step in name.split("."):
            field = described.fields_by_name.get(step) if described else None
            if field is None:
                return False
            described = field.message_type
        return True

    claims.that(there_is("campaign.id") and not there_is("campaign.nonsense"), "a name that the library does not have is noticed")
    tables = ("ad_accounts", "ad_campaigns", "ad_sets", "ads", "ad_performance_daily", "ad_country_daily")
    queries, fields = set(), set()
    for it in asked_by(context, claims, "google_ads", GOOGLE, tables):
        if it.path.endswith(":search"):
            body = json.loads(it.body)
            claims.works(
                lambda body=body: json_format.ParseDict(body, SearchGoogleAdsRequest.pb(SearchGoogleAdsRequest())),
                "the library reads the request's body",
            )
            queries.add(body["query"])
    claims.note(f"{len(queries)} queries")
    for query in queries:
        select, _, rest = query.removeprefix("SELECT ").partition(" FROM ")
        fields.update(it.strip() for it in select.split(","))
        fields.update(re.findall(r"\b[a-z_]+(?:\.[a-z_]+)+(?=\s*(?:=|!=|<|>|BETWEEN|IN|NOT))", rest))
        fields.add(rest.split()[0])
    known(claims, fields, there_is, "field")
