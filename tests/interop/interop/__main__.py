"""The command line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import textwrap
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from . import catalogue
from .checks import Check, Context, run
from .sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[3]

EPILOG = """\
Four kinds of checks:
  sdk-…   the provider's public SDK, or a well-known client, reads our imitation (`dynamoi sandbox`)
  spec-…  our client (`dynamoi run --once`) reads a mock made from the provider's own specification
  answers-… what our imitation answers to our client is held against the provider's own specification
  names-… our client reads our imitation, and what it names is looked up in the provider's public SDK

Examples:
  tests/interop/run --spec-dir ~/specifications
  tests/interop/run --only sdk-stripe --only sdk-meta
  tests/interop/run --only spec-spotify --spec spotify=openapi.yml --keep
  DYNAMOI=/usr/bin/dynamoi tests/interop/run --list

A check whose specification or imitation is not there is `missing`, and that fails the run unless --allow-missing.
Exit codes: 0 every check passed, 1 one did not, 2 bad usage.
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/interop/run",
        description="Checks dynamoi against programs that this project did not write.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--dynamoi",
        metavar="PROGRAM",
        default=os.environ.get("DYNAMOI"),
        help="the program to check; else DYNAMOI, else target/{debug,release}/dynamoi",
    )
    add(
        "--only",
        metavar="NAME",
        action="append",
        default=[],
        help="only this check; repeat it for more. A prefix will do: sdk-, spec-",
    )
    add("--spec-dir", metavar="DIR", type=Path, help="where specifications are, under the file names that --list shows")
    add("--spec", metavar="NAME=PATH", action="append", default=[], help="one specification; wins over --spec-dir")
    add("--allow-missing", action="store_true", help="what is missing is said, and does not fail the run")
    add(
        "--keep",
        action="store_true",
        help="keep what the checks wrote, in target/interop/runs: configurations, logs, databases, requests",
    )
    add("--list", action="store_true", help="what there is to check, and the specifications that are taken")
    return parser.parse_args()


def program(given: str | None) -> Path:
    """The program that was given, or that was built."""
    choices = [Path(given)] if given else [ROOT / "target" / kind / "dynamoi" for kind in ("debug", "release")]
    for choice in choices:
        if choice.is_file() and os.access(choice, os.X_OK):
            return choice.resolve()
    return complain(f"no program {' or '.join(map(str, choices))}: build it with `cargo build`, or give it by --dynamoi PROGRAM")


def specifications(given: argparse.Namespace) -> dict[str, Path]:
    names = catalogue.SPECIFICATIONS
    found = {}
    if given.spec_dir:
        if not given.spec_dir.is_dir():
            complain(f"no directory {given.spec_dir}")
        found = {name: given.spec_dir / file for name, (file, _) in names.items()}
    for text in given.spec:
        name, _, path = text.partition("=")
        if name not in names or not path:
            complain(f"--spec {text}: expected NAME=PATH, where NAME is one of {', '.join(names)}")
        found[name] = Path(path)
    return found


def complain(text: str) -> NoReturn:
    print(text, file=sys.stderr)
    raise SystemExit(2)


def show_list() -> None:
    for check in catalogue.CHECKS:
        print(f"{check.name:<24} {check.what}")
    print("\nspecifications, with the file name below --spec-dir:")
    for name, (file, what) in catalogue.SPECIFICATIONS.items():
        print(f"{name:<24} {file}: {what}")


def main() -> int:
    given = arguments()
    if given.list:
        show_list()
        return 0
    chosen = [it for it in catalogue.CHECKS if not given.only or any(it.name.startswith(name) for name in given.only)]
    for name in given.only:
        if not any(check.name.startswith(name) for check in chosen):
            complain(f"no check {name}; --list shows them")
    place = ROOT / "target" / "interop" / "runs"
    place.mkdir(parents=True, exist_ok=True)
    context = Context(program(given.dynamoi), place, specifications(given), keep=given.keep)
    # Whoever ends the run ends the sandboxes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ExitStack() as stack:
        if any(check.needs_sandbox for check in chosen):
            context.calm = stack.enter_context(Sandbox.start(context.dynamoi))
            context.stormy = stack.enter_context(Sandbox.start(context.dynamoi, "storm"))
        count = Counter(shown(check, context) for check in chosen)
    print(f"{count['ok']} ok, {count['FAIL']} failed, {count['missing']} missing")
    return 0 if not count["FAIL"] and (given.allow_missing or not count["missing"]) else 1


def shown(check: Check, context: Context) -> str:
    """Carries a check out, shows its line and what belongs to it, and gives the outcome."""
    outcome, claims, line = run(check, context)
    print(f"{outcome:<8} {check.name:<24} {line}", flush=True)
    for text in claims.failed:
        print(textwrap.indent(text, "           - "), flush=True)
    for text in claims.notes:
        print(textwrap.indent(text, "             "), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
