"""Compares the worker with a plain script that does the same work (`baseline.py`), run by run in turn.

    python benches/compare/compare.py [--objects 100000] [--rounds 3] [--only stripe|meta] [--database sqlite|postgres]

Needs Python 3.11, a built `target/dist/dynamoi`, and for PostgreSQL its server programs. What is measured is CPU time
(user and system), of the client process and of PostgreSQL, because on a shared machine wall time tells little; and the
client's peak memory. Each round is a first reading, an unchanged one and one in which every row differs.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from datetime import datetime, timedelta, timezone

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
READINGS = ("first", "unchanged", "changed")
CAMPAIGNS_A_DAY = 1_000

CONFIGURATION = """
[http]
listen = "127.0.0.1:0"
[database]
url = "{database}"
[integrations.stripe]
quota.endpoint = {{ per_second = 100000, burst = 1000 }}
quota.account = {{ per_second = 100000, burst = 1000 }}
[integrations.meta_ads]
quota.account = {{ per_second = 100000, burst = 1000 }}
quota.app = {{ per_second = 100000, burst = 1000 }}
[connections.bench]
{connection}
"""
STRIPE = """
integration = "stripe"
tenant = "label-a"
start_date = "2015-01-01"
base_url = "{url}/stripe"
credentials.api_key = {{ env = "BENCH_SECRET" }}
""" + "\n".join(f"streams.{name}.enabled = false" for name in (
    "refunds", "disputes", "invoices", "invoice_payments", "subscriptions", "balance_transactions", "customers",
    "products", "prices", "subscription_mrr"))
META = """
integration = "meta_ads"
tenant = "label-a"
start_date = "{start}"
base_url = "{url}/meta"
credentials.access_token = {{ env = "BENCH_SECRET" }}
settings = {{ conversion = "offsite_conversion.custom.702345678901234", page_size = 500 }}
""" + "\n".join(f"streams.{name}.enabled = false" for name in (
    "accounts", "campaigns", "ad_sets", "ads", "ad_insights", "country_insights"))


class Postgres:
    """A throw-away server; `initdb` refuses root."""

    def __init__(self, directory):
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            sys.exit("PostgreSQL's server programs are missing: run `apt-get install postgresql`")
        self.data = directory / "postgres"
        self.data.mkdir()
        user = []
        if os.getuid() == 0:
            directory.chmod(0o755)
            shutil.chown(self.data, "postgres")
            user = ["runuser", "-u", "postgres", "--"]
        run([*user, programs[-1] / "initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
             "--locale", "C.UTF-8"])
        self.port = free_port()
        self.process = subprocess.Popen(
            [*user, programs[-1] / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.data, "-h",
             "127.0.0.1", "-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "autovacuum=off"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.programs = programs[-1]
        for _ in range(100):
            if subprocess.run([programs[-1] / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit("PostgreSQL does not start")

    def url(self, name):
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def create(self, name):
        run([self.programs / "psql", "-q", self.url("postgres"), "-c", f"DROP DATABASE IF EXISTS {name}", "-c",
             f"CREATE DATABASE {name}"])

    def checkpoint(self):
        """What one run left to write must not be counted for the next."""
        run([self.programs / "psql", "-q", self.url("postgres"), "-c", "CHECKPOINT"])

    def cpu_seconds(self):
        """Of the postmaster, of its children, and of those that have ended."""
        # A child that ends while we look would be counted neither as running nor as ended.
        time.sleep(0.3)
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        ticks = 0
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            own, ended = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
            if int(stat.parent.name) == postmaster:
                ticks += own + ended
            elif int(fields[1]) == postmaster:
                ticks += own
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, 3)
        self.process.wait(timeout=30)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stdout}{done.stderr}")


def free_port():
    import socket
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def python_environment():
    """Python with what the baseline needs, made at the first run."""
    directory = ROOT / "target" / "compare-venv"
    python = directory / "bin" / "python"
    if not python.exists():
        print(f"making a virtual environment in {directory}", file=sys.stderr)
        venv.create(directory, with_pip=True)
        run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"])
    return python


def measured(command, environment, log):
    """Runs a client to its end: (CPU seconds, wall seconds, peak MB)."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        log.flush()
        sys.exit(f"{command} ended with {status}: see {log.name}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1024


def one_round(arguments, directory, provider, kind, postgres, python, url, results):
    """Every reading by both clients, in turn."""
    databases = {}
    for client in ("worker", "baseline"):
        if kind == "postgres":
            postgres.create(f"bench_{client}")
            databases[client] = postgres.url(f"bench_{client}")
        else:
            for file in directory.glob(f"{client}.db*"):
                file.unlink()
            databases[client] = str(directory / f"{client}.db")
    today = datetime.now(timezone.utc).date()
    start = today - timedelta(days=arguments.objects // CAMPAIGNS_A_DAY - 1)
    connection = (STRIPE if provider == "stripe" else META).format(url=url, start=start)
    configuration = directory / "dynamoi.toml"
    database = databases["worker"] if kind == "postgres" else "sqlite://" + databases["worker"]
    configuration.write_text(CONFIGURATION.format(database=database, connection=connection))
    commands = {
        "worker": [arguments.worker, "run", "--config", configuration, "--once"],
        "baseline": [python, HERE / "baseline.py", provider, f"{url}/{provider}", databases["baseline"], str(start),
                     str(today)],
    }
    for reading in READINGS:
        set_version(url, int(reading == "changed"))
        for client, command in commands.items():
            if postgres:
                postgres.checkpoint()
            server_before = postgres.cpu_seconds() if postgres else 0
            with open(directory / f"{client}.log", "w") as log:
                cpu, wall, memory = measured(command, {"BENCH_SECRET": "rk_live_bench", "RUST_LOG": "warn"}, log)
            server = postgres.cpu_seconds() - server_before if postgres else 0
            results.setdefault((provider, kind, reading, client), []).append((cpu, server, wall, memory))


def set_version(url, number):
    """Moves the provider to one of its two states of the world."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/version?n={number}", method="POST", data=b"")).read()


def warm_up(arguments, directory, provider, python, url):
    """Lets the provider make every page, so that no client waits for it: who waits, wakes to cold caches."""
    today = datetime.now(timezone.utc).date()
    start = today - timedelta(days=arguments.objects // CAMPAIGNS_A_DAY - 1)
    for number in (0, 1):
        set_version(url, number)
        run([python, HERE / "baseline.py", provider, f"{url}/{provider}", directory / "warm-up.db", str(start), str(today)])


def report(arguments, results):
    print(f"\n{arguments.objects:,} objects, medians of {arguments.rounds} rounds\n")
    print("| provider | database | reading | worker: objects per CPU s | baseline | ratio | PostgreSQL CPU s: worker "
          "| baseline | ratio | peak MB: worker | baseline |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for provider, kind, reading, client in results:
        if client == "baseline":
            continue
        worker, baseline = (
            [statistics.median(column) for column in zip(*results[provider, kind, reading, client])]
            for client in ("worker", "baseline"))
        server = ["", "", ""]
        if kind == "postgres":
            server = [f"{worker[1]:.2f}", f"{baseline[1]:.2f}", f"{worker[1] / baseline[1]:.2f}"]
        print(f"| {provider} | {kind} | {reading} | {arguments.objects / worker[0]:,.0f} | "
              f"{arguments.objects / baseline[0]:,.0f} | {baseline[0] / worker[0]:.2f} | {' | '.join(server)} | "
              f"{worker[3]:.0f} | {baseline[3]:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("stripe", "meta"))
    parser.add_argument("--database", choices=("sqlite", "postgres"))
    parser.add_argument("--worker", default=ROOT / "target" / "dist" / "dynamoi", type=pathlib.Path)
    arguments = parser.parse_args()
    if not arguments.worker.exists():
        sys.exit(f"{arguments.worker} is missing: run `cargo build --profile dist`")
    python = python_environment()
    results = {}
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        provider_process = subprocess.Popen([python, HERE / "provider.py", "--objects", str(arguments.objects)],
                                            stdout=subprocess.PIPE, text=True)
        url = f"http://127.0.0.1:{provider_process.stdout.readline().strip()}"
        postgres = Postgres(directory) if arguments.database != "sqlite" else None
        try:
            for provider in ("stripe", "meta"):
                if arguments.only not in (None, provider):
                    continue
                warm_up(arguments, directory, provider, python, url)
                for kind in ("sqlite", "postgres"):
                    if arguments.database in (None, kind):
                        for number in range(arguments.rounds):
                            print(f"{provider}, {kind}: round {number + 1} of {arguments.rounds}", file=sys.stderr)
                            one_round(arguments, directory, provider, kind, postgres if kind == "postgres" else None,
                                      python, url, results)
            report(arguments, results)
        finally:
            provider_process.kill()
            if postgres:
                postgres.stop()


if __name__ == "__main__":
    main()
