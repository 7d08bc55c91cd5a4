"""Our client, stream by stream, on mocks of its providers' specifications."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ..checks import Claims, Context, Missing
from ..sandbox import GOOGLE_KEY
from ..worker import Run, once
from . import second
from .judge import Asked
from .mock import Mock, Mount

#: How many days of history a run reads.
DAYS = 6


@dataclass(frozen=True)
class Case:
    """One connection."""

    name: str
    mounts: Callable[[Context], dict[str, Mount]]
    #: The configuration, given the mock's address, the first day and the service account's file.
    configuration: Callable[[str, str, Path], str]
    #: `METHOD template` that the streams must ask, as the specification writes them.
    endpoints: tuple[str, ...]
    #: Tables that must have rows: so many, or some where that is 0.
    tables: dict[str, int]
    #: What may be set aside, by a part of what is said of it, each with why the made-up answer deserves it.
    nonsense: dict[str, str]
    #: What the specification does not know and the client asks on purpose: `METHOD path`, with why.
    newer: dict[str, str]
    exit: int = 0
    #: Where the API is, for the second judge of OpenAPI.
    server: str = ""
    #: The version of the document before which its answers are older than what the client reads: then only requests are judged.
    answers_since: str = ""


def check(case: Case, context: Context, claims: Claims) -> None:
    """Runs it, and claims that every request was one of the specification's."""
    place = context.place / f"spec-{case.name}"
    since = str(date.today() - timedelta(days=DAYS))
    mounts = case.mounts(context)
    versions = [it.specification.document.get("info", {}).get("version", "9") for it in mounts.values()]
    with Mock(mounts) as mock:
        run = once(context.dynamoi, place, case.configuration(mock.url, since, GOOGLE_KEY))
    if "not built in" in run.log:
        raise Missing(f"the program has no such integration: {tail(run.log)}")
    written(mock.requests, place)
    requests(case, mock, claims)
    if case.server:
        document = next(iter(mounts.values())).specification.document
        objections = second.objections(document, case.server, [it for it in mock.requests if not it.problems])
        claims.that(not objections, "openapi-core has no objection", objections)
    if min(versions) < case.answers_since:
        claims.note(
            f"this document is of {min(versions)}: its answers are older than {case.answers_since}, from which on they are judged"
        )
    else:
        results(case, run, claims)
    if not context.keep and not claims.failed:
        (place / "dynamoi.db").unlink(missing_ok=True)


def written(requests: Iterable[Asked], place: Path) -> None:
    """Every request, one a line, for whoever looks into a finding."""
    with (place / "requests.jsonl").open("w") as file:
        for it in requests:
            line = {
                "method": it.method,
                "target": it.target,
                "body": it.body.decode(errors="replace"),
                "operation": it.operation and it.operation.name,
                "problems": it.problems,
                "answer": it.answer,
            }
            file.write(json.dumps(line) + "\n")


def requests(case: Case, mock: Mock, claims: Claims) -> None:
    excused = lambda it: f"{it.method} {it.path}" in case.newer
    invalid = [it for it in mock.requests if it.problems and not excused(it)]
    asked = Counter(f"{it.operation.method} {it.operation.template}" for it in mock.requests if it.operation)
    claims.note(f"{len(mock.requests)} requests, {len(asked)} endpoints, {len(invalid)} invalid")
    claims.that(mock.requests, "the client asks")
    claims.that(not mock.broken, "the mock answers", mock.broken[:2])
    seen = set()
    for it in invalid:
        kind = (it.operation and it.operation.name, tuple(problem.split(":")[0] for problem in it.problems))
        if kind not in seen:
            seen.add(kind)
            claims.that(
                False,
                f"a request is valid by the specification: {it.method} {it.target} {it.body.decode(errors='replace')[:300]}",
                "; ".join(it.problems),
            )
    claims.that(not invalid, f"no request of {len(mock.requests)} is invalid", len(invalid))
    for endpoint in case.endpoints:
        claims.that(asked[endpoint], f"{endpoint} is asked", dict(asked))
    for path, why in case.newer.items():
        count = sum(f"{it.method} {it.path}" == path for it in mock.requests)
        if count:
            claims.note(f"not in this specification, {count} times: {path} ({why})")


def results(case: Case, run: Run, claims: Claims) -> None:
    claims.note("rows: " + (", ".join(f"{name} {count}" for name, count in run.rows.items()) or "none"))
    claims.that(run.exit == case.exit, f"the run ends with {case.exit}", f"{run.exit}: {tail(run.log)}")
    for table, count in case.tables.items():
        got = run.rows.get(table, 0)
        claims.that(got == count if count else got, f"{table} has {count or 'some'} rows", got)
    for stream, reason, detail, count in run.set_aside:
        why = next((why for what, why in case.nonsense.items() if what in detail), None)
        claims.note(f"set aside: {count} of {stream}, {reason}: {detail}" + (f" (rightly: {why})" if why else ""))
        claims.that(why, f"nothing is set aside but nonsense: {stream}, {reason}", detail)


def tail(log: str) -> str:
    lines = [line for line in log.splitlines() if " WARN " in line or " ERROR " in line] or log.splitlines()
    return " | ".join(lines[-6:])[-1500:]
