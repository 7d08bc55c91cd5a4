"""A provider for the comparison: serves Stripe's charges and Meta's insights from memory, fast, and nothing else.

    python provider.py --objects N [--port-file FILE]

Answers are what the two APIs send, at the sizes that they send it (a charge of 3 KB, a row of insights of 1.3 KB),
gzip where the client takes it. `POST /version?n=1` moves to another state of the world, in which every number differs:
that makes a changed reading. It is a process of its own, so that its work is not counted as the client's. A page is made
when it is first asked for, and kept: who measures asks for all of them before.
"""

import argparse
import asyncio
import gzip
import json
import time
from datetime import date, datetime, timedelta, timezone
from functools import cache
from urllib.parse import parse_qs, urlsplit

CHARGES_PAGE = 100
# Seconds since 1970 of the newest charge; older ones are a minute apart.
NEWEST = int(time.time()) // 86_400 * 86_400
CAMPAIGNS_A_DAY = 1_000
LAST_DAY = datetime.now(timezone.utc).date()

state = {"version": 0, "objects": 0}


def charge(number: int, version: int) -> str:
    amount = 500 + (number * 7919 + version * 13) % 90_000
    fee = amount * 29 // 1000 + 30
    ident = f"3Qx{number:021d}"
    created = NEWEST - number * 60
    address = {"city": "Berlin", "country": "DE", "line1": f"Musterstrasse {number % 200}", "line2": None,
               "postal_code": f"{10115 + number % 900}", "state": None}
    return json.dumps({
        "id": f"ch_{ident}", "object": "charge", "amount": amount, "amount_captured": amount, "amount_refunded": 0,
        "application": None, "application_fee": None, "application_fee_amount": None,
        "balance_transaction": {
            "id": f"txn_{ident}", "object": "balance_transaction", "amount": amount, "available_on": created + 432000,
            "balance_type": "payments", "created": created, "currency": "eur",
            "description": f"Invoice {number}: campaign of the month", "exchange_rate": None, "fee": fee,
            "fee_details": [{"amount": fee, "application": None, "currency": "eur",
                             "description": "Stripe processing fees", "type": "stripe_fee"}],
            "net": amount - fee, "reporting_category": "charge", "source": f"ch_{ident}", "status": "available",
            "type": "charge"},
        "billing_details": {"address": address, "email": f"artist{number}@example.com", "name": f"Artist {number}",
                            "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "DYNAMOI* CAMPAIGN", "captured": True, "created": created,
        "currency": "eur", "customer": f"cus_R{number % 5000:013d}",
        "description": f"Campaign budget of artist {number}", "disputed": False,
        "failure_balance_transaction": None, "failure_code": None, "failure_message": None, "fraud_details": {},
        "livemode": True, "metadata": {"campaign": f"night-drive-{number % 300}", "tenant": "label-a",
                                       "order": f"{number * 31:012d}"},
        "on_behalf_of": None, "order": None,
        "outcome": {"advice_code": None, "network_advice_code": None, "network_decline_code": None,
                    "network_status": "approved_by_network", "reason": None, "risk_level": "normal", "risk_score": 12,
                    "seller_message": "Payment complete.", "type": "authorized"},
        "paid": True, "payment_intent": f"pi_{ident}", "payment_method": f"pm_1Qx{number:021d}",
        "payment_method_details": {
            "card": {"amount_authorized": amount, "authorization_code": None, "brand": "visa",
                     "checks": {"address_line1_check": "pass", "address_postal_code_check": "pass",
                                "cvc_check": "pass"},
                     "country": "DE", "exp_month": 1 + number % 12, "exp_year": 2029,
                     "extended_authorization": {"status": "disabled"}, "fingerprint": f"Xt5EWLLDS7FJjR{number % 99}",
                     "funding": "credit", "incremental_authorization": {"status": "unavailable"}, "installments": None,
                     "last4": f"{number % 10000:04d}", "mandate": None,
                     "multicapture": {"status": "unavailable"}, "network": "visa",
                     "network_token": {"used": False}, "network_transaction_id": f"{number * 104729 % 10**15:015d}",
                     "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
                     "regulated_status": "unregulated", "three_d_secure": None, "wallet": None},
            "type": "card"},
        "presentment_details": None, "radar_options": {}, "receipt_email": f"artist{number}@example.com",
        "receipt_number": None, "receipt_url": f"https://pay.stripe.com/receipts/payment/{ident * 4}",
        "refunded": False, "review": None, "shipping": None, "source": None, "source_transfer": None,
        "statement_descriptor": None, "statement_descriptor_suffix": None, "status": "succeeded",
        "transfer_data": None, "transfer_group": None}, separators=(",", ":"))


def insight(number: int, version: int) -> str:
    day, campaign = divmod(number, CAMPAIGNS_A_DAY)
    day = (LAST_DAY - timedelta(days=day)).isoformat()
    value = 1000 + (number * 7919 + version * 17) % 50_000
    clicks = value // 37

    def stats(*names):
        return [{"action_type": name, "value": str(clicks // (index + 1)), "7d_click": str(clicks // (index + 2)),
                 "1d_view": str(clicks // (index + 9))} for index, name in enumerate(names)]

    return json.dumps({
        "account_currency": "USD", "date_start": day, "date_stop": day, "campaign_id": f"1202{campaign:014d}",
        "impressions": str(value), "clicks": str(clicks), "inline_link_clicks": str(clicks * 3 // 4),
        "spend": f"{value / 1000 * 1.37:.2f}", "reach": str(value * 4 // 5),
        "actions": stats("link_click", "landing_page_view", "video_view", "post_engagement", "page_engagement",
                         "post_reaction", "onsite_conversion.post_save", "comment",
                         "offsite_conversion.fb_pixel_view_content",
                         "offsite_conversion.custom.702345678901234"),
        "action_values": stats("omni_purchase", "offsite_conversion.custom.702345678901234"),
        "video_p100_watched_actions": stats("video_view"),
    }, separators=(",", ":"))


def zipped(text: str) -> bytes:
    return gzip.compress(text.encode(), 6)


@cache
def charges_page(first: int, limit: int, version: int) -> bytes:
    last = min(first + limit, state["objects"])
    data = ",".join(charge(number, version) for number in range(first, last))
    more = "true" if last < state["objects"] else "false"
    return zipped(f'{{"object":"list","url":"/v1/charges","has_more":{more},"data":[{data}]}}')


@cache
def insights_page(first: int, last: int, end: int, version: int) -> bytes:
    data = ",".join(insight(number, version) for number in range(first, last))
    cursor = f'"cursors":{{"before":"{first}","after":"{last}"}}'
    following = "" if last >= end else ',"next":"https://graph.facebook.com/next"'
    return zipped(f'{{"data":[{data}],"paging":{{{cursor}{following}}}}}')


def stripe(path: str, query: dict) -> bytes:
    if path == "/v1/charges":
        after = query.get("starting_after", [None])[0]
        first = 0 if after is None else int(after.removeprefix("ch_3Qx")) + 1
        return charges_page(first, int(query.get("limit", ["10"])[0]), state["version"])
    return zipped(json.dumps({"object": "list", "url": path, "has_more": False, "data": []}))


def meta(path: str, query: dict) -> bytes:
    account = {"id": "act_1", "account_id": "1", "name": "Label A", "account_status": 1, "currency": "USD",
               "timezone_name": "UTC"}
    if path.endswith("/insights"):
        days = json.loads(query["time_range"][0])
        newest = (LAST_DAY - date.fromisoformat(days["until"])).days
        oldest = (LAST_DAY - date.fromisoformat(days["since"])).days
        start = max(0, newest) * CAMPAIGNS_A_DAY
        end = max(start, min(state["objects"], (oldest + 1) * CAMPAIGNS_A_DAY))
        first = int(query.get("after", [start])[0])
        last = min(first + int(query.get("limit", ["25"])[0]), end)
        return insights_page(first, last, end, state["version"])
    if path.endswith("/me/adaccounts"):
        return zipped(json.dumps({"data": [account], "paging": {"cursors": {"after": "x"}}}))
    if path.rsplit("/", 1)[-1].startswith("act_"):
        return zipped(json.dumps(account))
    return zipped('{"data":[],"paging":{}}')


def answer(method: str, target: str) -> bytes:
    """The answer's body, gzip."""
    parts = urlsplit(target)
    query = parse_qs(parts.query)
    if method == "POST" and parts.path == "/version":
        state["version"] = int(query["n"][0])
        return zipped("{}")
    if parts.path.startswith("/stripe/"):
        return stripe(parts.path.removeprefix("/stripe"), query)
    return meta(parts.path, query)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            request, *lines = head.split("\r\n")
            method, target, _ = request.split(" ", 2)
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            await reader.readexactly(int(headers.get("content-length", "0")))
            body, encoding = answer(method, target), "content-encoding: gzip\r\n"
            if "gzip" not in headers.get("accept-encoding", ""):
                body, encoding = gzip.decompress(body), ""
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{encoding}"
                         f"content-length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--objects", type=int, required=True)
    state["objects"] = arguments.parse_args().objects
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
