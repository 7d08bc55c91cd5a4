"""One run of the program on one connection, and what it left in its database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

LIMIT_SECONDS = 240


@dataclass
class Run:
    """What came of it."""

    exit: int
    log: str
    rows: dict[str, int]
    set_aside: list[tuple]
    place: Path


def once(dynamoi: Path, place: Path, configuration: str) -> Run:
    """Runs `dynamoi run --once` in a directory of its own, without the caller's settings."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    inside = {name: value for name, value in os.environ.items() if not name.startswith("DYNAMOI")}
    subprocess.run([dynamoi, "secrets", "generate-key", "--output", place / "key"], env=inside, check=True, capture_output=True)
    common = f'[database]\nurl = "sqlite://{place}/dynamoi.db"\n\n[http]\nlisten = "127.0.0.1:0"\n\n[encryption]\nkey = {{ file = "{place}/key" }}\n\n'
    (place / "dynamoi.toml").write_text(common + configuration)
    command = [dynamoi, "run", "--config", place / "dynamoi.toml", "--once", "--max-wait", "30s"]
    try:
        done = subprocess.run(command, env=inside, capture_output=True, text=True, timeout=LIMIT_SECONDS, cwd=place)
        exit, log = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        exit, log = -1, f"{(late.stdout or b'').decode()}{(late.stderr or b'').decode()}\nnot done after {LIMIT_SECONDS} s"
    (place / "log").write_text(log)
    rows, set_aside = contents(place / "dynamoi.db")
    return Run(exit, log, rows, set_aside, place)


def contents(path: Path) -> tuple[dict[str, int], list[tuple]]:
    """Rows by table, and what was set aside, with its reason."""
    if not path.exists():
        return {}, []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
        rows = {}
        for name in names:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
            if "connection" in columns:
                rows[name] = database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        set_aside = database.execute(
            "SELECT stream, reason, detail, sum(occurrences) FROM quarantined_rows GROUP BY 1, 2, 3"
        ).fetchall()
    return {name: count for name, count in sorted(rows.items()) if count}, set_aside
