"""Google's libraries for the Data API and the Admin API, over REST."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ..checks import Claims, Context
from .google import credentials, without_scheme

SITE, SHOP, FORBIDDEN = "9007199254740993", "345678901", "456789012"
SCOPE = "https://www.googleapis.com/auth/analytics.readonly"


def check(context: Context, claims: Claims) -> None:
    from google.analytics import admin_v1beta as admin
    from google.analytics import data_v1beta as data
    from google.analytics.admin_v1beta.services.analytics_admin_service.transports.rest import AnalyticsAdminServiceRestTransport
    from google.analytics.data_v1beta.services.beta_analytics_data.transports.rest import BetaAnalyticsDataRestTransport
    from google.api_core import exceptions
    from google.auth.exceptions import RefreshError

    def reach(base: str, kind: type):
        return kind(host=without_scheme(base), credentials=credentials(base, SCOPE), url_scheme="http")

    base = context.calm.url("google_analytics")
    account = admin.AnalyticsAdminServiceClient(transport=reach(base, AnalyticsAdminServiceRestTransport))
    analytics = data.BetaAnalyticsDataClient(transport=reach(base, BetaAnalyticsDataRestTransport))

    # The Admin API.
    summaries = list(account.list_account_summaries())
    named = {it.property for summary in summaries for it in summary.property_summaries}
    claims.that(f"properties/{SITE}" in named, "summaries name a property beyond 2^53", named)
    site = account.get_property(name=f"properties/{SITE}")
    claims.equal((site.currency_code, site.time_zone), ("EUR", "Europe/Berlin"), "currency and zone of the property")
    claims.that(isinstance(site.create_time, datetime), "a time is a timestamp", site.create_time)
    events = [
        it.event_name for it in account.list_key_events(admin.ListKeyEventsRequest(parent=f"properties/{SITE}", page_size=2))
    ]
    claims.that({"sign_up", "purchase"} <= set(events) and len(events) == len(set(events)), "key events, page by page", events)

    # Reports of the Data API.
    today = date.today()
    asked = data.RunReportRequest(
        property=f"properties/{SITE}",
        dimensions=[data.Dimension(name=name) for name in ("date", "sessionCampaignName", "sessionSource", "sessionMedium")],
        metrics=[data.Metric(name=name) for name in ("sessions", "screenPageViews", "purchaseRevenue")],
        date_ranges=[data.DateRange(start_date=str(today - timedelta(days=12)), end_date=str(today - timedelta(days=5)))],
        order_bys=[
            data.OrderBy(dimension=data.OrderBy.DimensionOrderBy(dimension_name=name))
            for name in ("date", "sessionCampaignName", "sessionSource", "sessionMedium")
        ],
        return_property_quota=True,
    )
    whole = analytics.run_report(asked)
    claims.that(whole.row_count == len(whole.rows) > 20, "a whole report", (whole.row_count, len(whole.rows)))
    rows = []
    for offset in range(0, whole.row_count, 17):
        asked.limit, asked.offset = 17, offset
        rows += analytics.run_report(asked).rows
    claims.that(list(whole.rows) == rows, "pages of 17 give the same rows", len(rows))
    claims.equal([it.name for it in whole.metric_headers], ["sessions", "screenPageViews", "purchaseRevenue"], "headers")
    claims.equal(data.MetricType(whole.metric_headers[2].type_).name, "TYPE_CURRENCY", "the type of revenue")
    claims.that(all(datetime.strptime(row.dimension_values[0].value, "%Y%m%d") for row in rows), "days are dates")
    claims.that(sum(Decimal(row.metric_values[2].value) for row in rows) > 0, "revenue is decimal text")
    claims.equal(whole.metadata.currency_code, "EUR", "the report's currency")
    claims.that(whole.property_quota.tokens_per_day.remaining > 0, "a quota that was asked for", whole.property_quota)
    batch = analytics.batch_run_reports(data.BatchRunReportsRequest(property=f"properties/{SITE}", requests=[asked, asked]))
    claims.equal(len(batch.reports), 2, "reports of a batch")
    known = analytics.get_metadata(name=f"properties/{SITE}/metadata")
    claims.that("sessions" in {it.api_name for it in known.metrics}, "metadata names metrics")
    fits = analytics.check_compatibility(
        data.CheckCompatibilityRequest(property=f"properties/{SITE}", metrics=[data.Metric(name="sessions")])
    )
    claims.that(fits.metric_compatibilities, "compatibility is told", fits)

    # Errors.
    claims.raises(
        exceptions.Forbidden, lambda: account.get_property(name=f"properties/{FORBIDDEN}"), "a property that is not for us"
    )
    claims.raises(
        exceptions.BadRequest,
        lambda: analytics.run_report(
            data.RunReportRequest(
                property=f"properties/{SITE}", metrics=[data.Metric(name="nonsense")], date_ranges=asked.date_ranges
            )
        ),
        "a metric that is not there",
    )
    stranger = credentials(base, SCOPE)
    stranger._service_account_email = "nobody@example.iam.gserviceaccount.com"
    shut = data.BetaAnalyticsDataClient(
        transport=BetaAnalyticsDataRestTransport(host=without_scheme(base), credentials=stranger, url_scheme="http")
    )
    claims.raises(RefreshError, lambda: shut.run_report(asked), "a service account that nobody knows")

    stormy = admin.AnalyticsAdminServiceClient(
        transport=reach(context.stormy.url("google_analytics"), AnalyticsAdminServiceRestTransport)
    )
    claims.storm(
        exceptions.TooManyRequests,
        lambda: stormy.get_property(name=f"properties/{SITE}", retry=None),
        lambda it: it.code == 429,
        "429",
        (RefreshError,),
    )
    if "ga4-data" in context.specifications:
        described(context.specification("ga4-data"), base, claims)
    else:
        claims.note("without --spec ga4-data=PATH: google-api-python-client was not tried")


def described(document: Path, base: str, claims: Claims) -> None:
    """The general client, which reads Google's description of the API."""
    from googleapiclient.discovery import build_from_document
    from googleapiclient.errors import HttpError

    service = build_from_document(
        document.read_text(), credentials=credentials(base, SCOPE), client_options={"api_endpoint": base}
    )
    service._baseUrl = f"{base}/"
    body = {"metrics": [{"name": "sessions"}], "dateRanges": [{"startDate": "7daysAgo", "endDate": "yesterday"}]}
    answer = claims.works(
        lambda: service.properties().runReport(property=f"properties/{SITE}", body=body).execute(num_retries=0),
        "a report by the general client, with relative days",
    )
    if answer:
        claims.that(int(answer["rows"][0]["metricValues"][0]["value"]) > 0, "it counts", answer)
        claims.equal(answer["kind"], "analyticsData#runReport", "its kind")
    ask = service.properties().runReport(property=f"properties/{FORBIDDEN}", body=body)
    error = claims.raises(HttpError, ask.execute, "a property that is not for us")
    if error:
        claims.equal(error.status_code, 403, "its status")
