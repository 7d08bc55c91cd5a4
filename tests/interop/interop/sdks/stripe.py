"""Stripe's own library."""

from __future__ import annotations

from datetime import datetime, UTC

from ..checks import Claims, Context
from ..sandbox import STRIPE_KEY

#: What is listed, and the type that the library makes of an element.
LISTS = {
    "charges": "Charge",
    "customers": "Customer",
    "invoices": "Invoice",
    "subscriptions": "Subscription",
    "balance_transactions": "BalanceTransaction",
    "disputes": "Dispute",
    "refunds": "Refund",
    "products": "Product",
    "prices": "Price",
    "events": "Event",
}


def check(context: Context, claims: Claims) -> None:
    import stripe

    def client(base: str, key: str = STRIPE_KEY) -> stripe.StripeClient:
        return stripe.StripeClient(key, base_addresses={"api": base}, max_network_retries=0)

    base = context.calm.url("stripe")
    v1 = client(base).v1
    claims.note(f"stripe {stripe.VERSION}, API version {stripe.api_version}")
    for name, kind in LISTS.items():
        page = getattr(v1, name).list({"limit": 2})
        if claims.that(page.data, f"{name} has elements"):
            claims.that(isinstance(page.data[0], getattr(stripe, kind)), f"{name} are of type {kind}", type(page.data[0]))
            claims.that(isinstance(page.data[0].id, str), f"an id of {name} is a text", page.data[0].id)

    # Pages: the library follows `has_more` by itself, and every element comes once.
    invoices = [it.id for it in v1.invoices.list({"limit": 100}).auto_paging_iter()]
    few = [it.id for it in v1.invoices.list({"limit": 7}).auto_paging_iter()]
    claims.that(len(invoices) > 14, "invoices fill several pages", len(invoices))
    claims.that(
        len(set(few)) == len(few) and set(invoices) <= set(few), "small pages give the same invoices", (len(few), len(invoices))
    )
    last = v1.invoices.list({"limit": 7, "starting_after": few[-1]})
    claims.that(last.data == [] and last.has_more is False, "behind the last invoice there is an empty page", last)

    # Money, times, expansion.
    paid = v1.charges.list({"limit": 100, "expand": ["data.balance_transaction"]})
    charge = next(it for it in paid.data if it.paid and it.balance_transaction is not None)
    moved = charge.balance_transaction
    claims.that(isinstance(moved, stripe.BalanceTransaction), "an expanded balance transaction is an object", type(moved))
    claims.that(type(charge.amount) is int, "an amount is a whole number of minor units", charge.amount)
    claims.equal(moved.net, moved.amount - moved.fee, "net")
    claims.that(charge.currency.islower() and len(charge.currency) == 3, "a currency has three small letters", charge.currency)
    claims.that(datetime.fromtimestamp(charge.created, UTC).year >= 2024, "a charge's time is seconds since 1970", charge.created)
    single = v1.charges.retrieve(charge.id)
    claims.equal(single.balance_transaction, moved.id, "the id where nothing is expanded")
    since = v1.charges.list({"created": {"gte": charge.created}, "limit": 100})
    claims.that(all(it.created >= charge.created for it in since.data), "`created[gte]` is heeded")
    subscription = v1.subscriptions.list({"limit": 1, "status": "all"}).data[0]
    item = subscription["items"].data[0]
    claims.that(isinstance(item, stripe.SubscriptionItem), "a subscription's items are objects", type(item))
    claims.that(isinstance(item.price, stripe.Price), "an item's price is an object", type(item.price))
    claims.that(type(item.current_period_end) is int, "an item has its period (API since basil)", item)

    # Errors are the library's own.
    error = claims.raises(stripe.InvalidRequestError, lambda: v1.charges.retrieve("ch_of_nobody"), "a charge that is not there")
    if error:
        claims.equal(error.code, "resource_missing", "its code")
        claims.equal(error.http_status, 404, "its status")
        claims.that((error.request_id or "").startswith("req_"), "it names the request", error.request_id)
    claims.raises(stripe.AuthenticationError, lambda: client(base, "rk_test_wrong").v1.charges.list(), "a wrong key")
    claims.raises(stripe.InvalidRequestError, lambda: v1.charges.list({"limit": 101}), "a limit of 101")
    stormy = client(context.stormy.url("stripe")).v1
    claims.storm(stripe.RateLimitError, lambda: stormy.products.list({"limit": 1}), lambda it: it.http_status == 429, "429")
