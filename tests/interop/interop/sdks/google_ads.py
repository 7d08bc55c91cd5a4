"""Google's library for Google Ads. It speaks gRPC only: its own messages, paging and failures are used over REST here, by a transport of ours."""

from __future__ import annotations

from datetime import date, timedelta

from ..checks import Claims, Context
from .google import credentials

ROOT, UNDER_ROOT, DIRECT, FORBIDDEN = "1112223333", "3334445555", "6667778888", "7778889999"
SCOPE = "https://www.googleapis.com/auth/adwords"


class Refused(Exception):
    """An answer that is an error, with the failure as the library's own message."""

    def __init__(self, status: int, failure, body: dict) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.failure, self.body = status, failure, body


def connect(base: str, login: str | None):
    """The library's client of the service for queries, over REST."""
    import requests
    from google.ads.googleads.v25.errors.types.errors import GoogleAdsFailure
    from google.ads.googleads.v25.services.services.google_ads_service import GoogleAdsServiceClient
    from google.ads.googleads.v25.services.services.google_ads_service.transports.base import GoogleAdsServiceTransport
    from google.ads.googleads.v25.services.types.google_ads_service import SearchGoogleAdsRequest, SearchGoogleAdsResponse
    from google.auth.transport.requests import AuthorizedSession
    from google.protobuf import json_format

    session = AuthorizedSession(credentials(base, SCOPE))

    def search(request: SearchGoogleAdsRequest, **_) -> SearchGoogleAdsResponse:
        body = json_format.MessageToDict(SearchGoogleAdsRequest.pb(request))
        customer = body.pop("customerId")
        headers = {"login-customer-id": login} if login else {}
        answer = session.post(f"{base}/v25/customers/{customer}/googleAds:search", json=body, headers=headers)
        if answer.status_code != 200:
            raise refused(answer)
        response = SearchGoogleAdsResponse()
        # Names, types and enumerations that the library does not know are an error here.
        json_format.ParseDict(answer.json(), SearchGoogleAdsResponse.pb(response))
        return response

    class Rest(GoogleAdsServiceTransport):
        kind = "rest"
        search = property(lambda self: search)

        def __init__(self) -> None:
            super().__init__(credentials=session.credentials)
            self._wrapped_methods = {search: search}

    def refused(answer: requests.Response) -> Refused:
        body = answer.json()["error"]
        for detail in body.get("details", []):
            kind = detail.pop("@type")
            if kind.endswith(".GoogleAdsFailure"):
                failure = GoogleAdsFailure()
                json_format.ParseDict(detail, GoogleAdsFailure.pb(failure))
                return Refused(answer.status_code, failure, body)
        return Refused(answer.status_code, None, body)

    return GoogleAdsServiceClient(transport=Rest()), session


def check(context: Context, claims: Claims) -> None:
    from google.ads.googleads.v25.enums.types.campaign_status import CampaignStatusEnum
    from google.ads.googleads.v25.services.types.customer_service import ListAccessibleCustomersResponse
    from google.auth.exceptions import RefreshError
    from google.protobuf import json_format

    base = context.calm.url("google_ads")
    service, session = connect(base, ROOT)
    listed = session.get(f"{base}/v25/customers:listAccessibleCustomers").json()
    names = ListAccessibleCustomersResponse()
    json_format.ParseDict(listed, ListAccessibleCustomersResponse.pb(names))
    claims.that(f"customers/{ROOT}" in names.resource_names, "accessible customers", names)

    def ask(query: str, customer: str = UNDER_ROOT, by=service) -> list:
        return list(by.search(customer_id=customer, query=query))

    clients = ask(
        "SELECT customer_client.id, customer_client.manager, customer_client.currency_code, customer_client.status, customer_client.level FROM customer_client",
        ROOT,
    )
    claims.that(
        {int(UNDER_ROOT), int(FORBIDDEN)} <= {row.customer_client.id for row in clients}, "customers below the root", len(clients)
    )
    campaigns = ask(
        "SELECT campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type, campaign.start_date_time, campaign_budget.amount_micros, campaign_budget.period FROM campaign"
    )
    claims.that(len(campaigns) > 1, "campaigns", len(campaigns))
    claims.that(
        all(row.campaign.id > 0 and row.campaign.resource_name.endswith(str(row.campaign.id)) for row in campaigns),
        "a resource name ends with its id",
    )
    claims.that(
        all(CampaignStatusEnum.CampaignStatus(row.campaign.status).name in ("ENABLED", "PAUSED", "REMOVED") for row in campaigns),
        "statuses are the library's own",
    )
    claims.that(any(row.campaign_budget.amount_micros > 0 for row in campaigns), "budgets are whole micros")
    for resource in ("ad_group", "ad_group_ad"):
        few = "ad_group.id" if resource == "ad_group" else "ad_group_ad.ad.id, ad_group_ad.status"
        claims.that(ask(f"SELECT {few}, campaign.id FROM {resource}"), f"rows of {resource}")
    until = date.today() - timedelta(days=4)
    days = f"segments.date BETWEEN '{until - timedelta(days=60)}' AND '{until}'"
    rows = ask(
        f"SELECT campaign.id, segments.date, metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions FROM campaign WHERE {days}"
    )
    claims.that(len(rows) > 60, "daily numbers", len(rows))
    claims.that({row.campaign.id for row in rows} <= {row.campaign.id for row in campaigns}, "of listed campaigns")
    claims.that(all(date.fromisoformat(row.segments.date) <= until for row in rows), "days are dates, within what was asked")
    claims.that(
        sum(row.metrics.cost_micros for row in rows) > 0 and any(row.metrics.conversions % 1 for row in rows),
        "whole micros, fractional conversions",
    )
    places = ask(
        f"SELECT geographic_view.country_criterion_id, geographic_view.location_type, metrics.impressions FROM geographic_view WHERE {days}"
    )
    claims.that(
        any(row.geographic_view.country_criterion_id == 2840 for row in places),
        "countries are numbered, 2840 is the United States",
        len(places),
    )

    # Errors, by the library's own message.
    error = claims.raises(Refused, lambda: ask("SELECT campaign.nonsense FROM campaign"), "a field that is not there")
    if error and claims.that(error.failure, "it has a GoogleAdsFailure", error.body):
        claims.equal(error.failure.errors[0].error_code.query_error.name, "UNRECOGNIZED_FIELD", "its code")
    error = claims.raises(Refused, lambda: ask("SELECT customer.id FROM customer", FORBIDDEN), "a customer that is not for us")
    if error and claims.that(error.failure, "it has a GoogleAdsFailure", error.body):
        claims.equal(
            (error.status, error.failure.errors[0].error_code.authorization_error.name),
            (403, "USER_PERMISSION_DENIED"),
            "its code",
        )
    stormy, _ = connect(context.stormy.url("google_ads"), None)
    claims.storm(Refused, lambda: ask("SELECT customer.id FROM customer", DIRECT, stormy), limited, "a limit", (RefreshError,))


def limited(error: Refused) -> bool:
    return error.status == 429 and error.failure.errors[0].error_code.quota_error.name.startswith("RESOURCE_")
