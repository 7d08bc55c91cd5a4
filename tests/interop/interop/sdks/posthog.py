"""phog-cli, a command line of the community's: PostHog's own libraries send events and ask nothing, and its command line is not on PyPI."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from ..checks import Claims, Context
from ..sandbox import POSTHOG_EU_KEY, POSTHOG_EU_PROJECT, POSTHOG_US_KEY, POSTHOG_US_PROJECT


class Failed(Exception):
    """The command ended with an error; its text is what it said."""


def command(base: str, place: Path, key: str, project: str, *words: str):
    """What `posthog …` prints, as JSON. It runs within this process: another would load all of it anew each time."""
    from posthog_cli import config
    from posthog_cli.main import app
    from typer.testing import CliRunner

    # Whoever runs the checks may use it for real: their own configuration is not looked at.
    config.CONFIG_FILE = place / "posthog-cli.json"
    inside = {"POSTHOG_HOST": base, "POSTHOG_API_KEY": key, "POSTHOG_PROJECT_ID": project, "TERM": "dumb", "COLUMNS": "400"}
    done = CliRunner().invoke(app, ["--json", *words], env=inside)
    if done.exit_code:
        raise Failed(done.output.strip())
    return json.loads(done.stdout)


def check(context: Context, claims: Claims) -> None:
    base = context.calm.url("posthog")

    def ask(query: str, key: str = POSTHOG_US_KEY, project: str = POSTHOG_US_PROJECT, at: str = base):
        return command(at, context.place, key, project, "query", "run", "--hogql", query)

    projects = command(base, context.place, POSTHOG_EU_KEY, POSTHOG_EU_PROJECT, "project", "list")
    listed = projects["results"] if isinstance(projects, dict) else projects
    claims.that([str(it["id"]) for it in listed] == [POSTHOG_EU_PROJECT], "a key sees its own project", projects)
    answer = ask("SELECT event, count() AS n FROM events GROUP BY event ORDER BY n DESC")
    claims.equal(answer["columns"], ["event", "n"], "columns")
    claims.that(
        all(type(name) is str and type(count) is int for name, count in answer["results"]), "names and counts", answer["results"]
    )
    total = ask("SELECT count() FROM events")["results"][0][0]
    claims.equal(sum(count for _, count in answer["results"]), total, "the sum over events")
    rows, page = [], 0
    while True:
        part = ask(
            f"SELECT toDate($start_timestamp) AS day, count() FROM sessions GROUP BY day ORDER BY day LIMIT 50 OFFSET {page}"
        )
        rows += part["results"]
        if not part["hasMore"]:
            break
        page += 50
    days = [datetime.fromisoformat(day).date() for day, _ in rows]
    claims.that(len(days) == len(set(days)) > 90 and days == sorted(days), "days, page by page", len(days))

    # Errors.
    error = claims.raises(Failed, lambda: ask("SELECT nonsense FROM events"), "a field that is not there")
    claims.that(error and "400" in str(error) and "nonsense" in str(error), "it names the field", str(error))
    error = claims.raises(Failed, lambda: ask("SELECT 1", key="phx_wrong"), "a wrong key")
    claims.that(error and "401" in str(error), "its status", str(error))
    error = claims.raises(Failed, lambda: ask("SELECT 1", project=POSTHOG_EU_PROJECT), "a project of somebody else")
    claims.that(error and ("403" in str(error) or "404" in str(error)), "its status", str(error))
