"""The same work as a careful engineer would script it: one client that keeps its connection, a fast JSON parser, one
bulk upsert and one commit a page, rows that did not change left alone. It writes the columns that readers of the
worker's tables see.

    python baseline.py stripe|meta BASE_URL DATABASE_URL [FIRST LAST]
"""

import sqlite3
import sys
import time
from datetime import date, timedelta
from decimal import Decimal

import httpx
import orjson
import psycopg

CONVERSION = "offsite_conversion.custom.702345678901234"
WINDOW_DAYS = 7
TEXT, INT, BOOL, DAY = "text", "bigint", "boolean", "date"

PAYMENTS = ("payments", ["connection", "id"], {
    "connection": TEXT, "provider": TEXT, "tenant": TEXT, "id": TEXT, "payment_intent_id": TEXT, "customer_id": TEXT,
    "amount_minor": INT, "currency": TEXT, "exponent": INT, "status": TEXT, "created_at": INT,
    "balance_transaction_id": TEXT, "settled_amount_minor": INT, "settle_currency": TEXT, "settle_exponent": INT,
    "fee_minor": INT, "net_minor": INT, "refunded_minor": INT, "disputed": BOOL, "failure_code": TEXT,
    "payment_method_type": TEXT, "livemode": BOOL, "observed_at": INT})
PERFORMANCE = ("ad_performance_daily", ["connection", "account_id", "level", "campaign_id", "ad_set_id", "ad_id", "date"], {
    "connection": TEXT, "provider": TEXT, "tenant": TEXT, "account_id": TEXT, "level": TEXT, "campaign_id": TEXT,
    "ad_set_id": TEXT, "ad_id": TEXT, "date": DAY, "currency": TEXT, "impressions": INT, "clicks": INT,
    "clicks_all": INT, "spend_micros": INT, "conversions_micros": INT, "conversion_value_micros": INT,
    "video_views": INT, "video_completions": INT, "engagements": INT, "reach": INT, "conversion_definition": TEXT,
    "view_definition": TEXT, "observed_at": INT})


class Sqlite:
    def __init__(self, path, table):
        name, keys, columns = table
        self.database = sqlite3.connect(path)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        described = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.database.execute(f"CREATE TABLE IF NOT EXISTS {name} ({described}, PRIMARY KEY ({', '.join(keys)}))")
        values = [column for column in columns if column not in keys]
        compared = [column for column in values if column != "observed_at"]
        self.statement = (
            f"INSERT INTO {name} AS t VALUES ({', '.join('?' * len(columns))}) "
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(f'{v} = excluded.{v}' for v in values)} "
            f"WHERE {' OR '.join(f't.{v} IS NOT excluded.{v}' for v in compared)}")

    def write(self, rows):
        with self.database:
            self.database.executemany(self.statement, rows)


class Postgres:
    def __init__(self, url, table):
        name, keys, columns = table
        self.database = psycopg.connect(url)
        described = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.database.execute(f"CREATE TABLE IF NOT EXISTS {name} ({described}, PRIMARY KEY ({', '.join(keys)}))")
        self.database.execute(f"CREATE TEMPORARY TABLE incoming (LIKE {name}) ON COMMIT DELETE ROWS")
        self.database.commit()
        values = [column for column in columns if column not in keys]
        compared = [column for column in values if column != "observed_at"]
        old = ", ".join(f"t.{v}" for v in compared)
        new = ", ".join(f"excluded.{v}" for v in compared)
        self.statement = (
            f"INSERT INTO {name} AS t SELECT * FROM incoming "
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(f'{v} = excluded.{v}' for v in values)} "
            f"WHERE ({old}) IS DISTINCT FROM ({new})")

    def write(self, rows):
        with self.database.transaction(), self.database.cursor() as cursor:
            with cursor.copy("COPY incoming FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(self.statement)
        self.database.commit()


def payment_status(charge):
    if charge["status"] != "succeeded":
        return charge["status"]
    if not charge["captured"]:
        return "authorized"
    if charge["refunded"]:
        return "refunded"
    return "partially_refunded" if charge["amount_refunded"] else "paid"


def payment(charge, now):
    settlement = charge["balance_transaction"]
    amount = charge["amount_captured"] if charge["captured"] else charge["amount"]
    failure = charge["failure_code"]
    if failure is None and charge["status"] == "failed":
        failure = (charge["outcome"] or {}).get("reason")
    details = charge["payment_method_details"]
    return ("bench", "stripe", "label-a", charge["id"], charge["payment_intent"], charge["customer"], amount,
            charge["currency"].upper(), 2, payment_status(charge), charge["created"],
            settlement and settlement["id"], settlement and settlement["amount"],
            settlement and settlement["currency"].upper(), settlement and 2, settlement and settlement["fee"],
            settlement and settlement["net"], charge["amount_refunded"], charge["disputed"], failure,
            details and details["type"], charge["livemode"], now)


def micros(text):
    return int(Decimal(text) * 1_000_000)


def action(stats, kind):
    for entry in stats or ():
        if entry["action_type"] == kind:
            return entry["value"]
    return "0"


def performance(row, now, is_text_date):
    day = row["date_start"] if is_text_date else date.fromisoformat(row["date_start"])
    actions = row.get("actions")
    return ("bench", "meta_ads", "label-a", "1", "campaign", row["campaign_id"], "", "", day, row["account_currency"],
            int(row["impressions"]), int(row["inline_link_clicks"]), int(row["clicks"]), micros(row["spend"]),
            micros(action(actions, CONVERSION)), micros(action(row.get("action_values"), CONVERSION)),
            int(action(actions, "video_view")), int(action(row.get("video_p100_watched_actions"), "video_view")),
            int(action(actions, "post_engagement")), int(row["reach"]), CONVERSION, "video_view", now)


def read_stripe(client, store, now):
    parameters = {"limit": 100, "expand[]": "data.balance_transaction"}
    while True:
        answer = client.get("/v1/charges", params=parameters)
        answer.raise_for_status()
        page = orjson.loads(answer.content)
        store.write([payment(charge, now) for charge in page["data"]])
        if not page["has_more"]:
            return
        parameters["starting_after"] = page["data"][-1]["id"]


def read_meta(client, store, now, first, last, is_text_date):
    end = last
    while end >= first:
        begin = max(first, end - timedelta(days=WINDOW_DAYS - 1))
        parameters = {"level": "campaign", "time_increment": 1, "limit": 500, "time_range":
                      orjson.dumps({"since": begin.isoformat(), "until": end.isoformat()}).decode()}
        while True:
            answer = client.get("/v25.0/act_1/insights", params=parameters)
            answer.raise_for_status()
            page = orjson.loads(answer.content)
            if page["data"]:
                store.write([performance(row, now, is_text_date) for row in page["data"]])
            if "next" not in page.get("paging", {}):
                break
            parameters["after"] = page["paging"]["cursors"]["after"]
        end = begin - timedelta(days=1)


def main():
    provider, base_url, database = sys.argv[1:4]
    table = PAYMENTS if provider == "stripe" else PERFORMANCE
    is_sqlite = not database.startswith("postgres")
    store = Sqlite(database, table) if is_sqlite else Postgres(database, table)
    now = int(time.time())
    with httpx.Client(base_url=base_url, headers={"authorization": "Bearer secret"}, timeout=60) as client:
        if provider == "stripe":
            read_stripe(client, store, now)
        else:
            first, last = (date.fromisoformat(text) for text in sys.argv[4:6])
            read_meta(client, store, now, first, last, is_sqlite)


if __name__ == "__main__":
    main()
