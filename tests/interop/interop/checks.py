"""What a check is: a function that makes claims, and a line that says whether they held."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Missing(Exception):
    """What the check needs is not there: a specification, an imitation, a package. Says what to do."""


@dataclass
class Context:
    """What checks are given."""

    dynamoi: Path
    place: Path
    specifications: dict[str, Path]
    calm: Any = None
    stormy: Any = None
    keep: bool = False

    def specification(self, name: str) -> Path:
        """The file that `--spec NAME=PATH` or `--spec-dir` gave."""
        path = self.specifications.get(name)
        if path is None:
            raise Missing(f"no specification {name}: give it by --spec {name}=PATH or --spec-dir DIR")
        if not path.is_file():
            raise Missing(f"no file {path}, the specification {name}")
        return path


@dataclass
class Claims:
    """What one check has claimed so far. A claim that fails does not end the check."""

    held: int = 0
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def that(self, condition: Any, what: str, got: Any = None) -> bool:
        """Claims `what`; `got` is shown where it does not hold."""
        if condition:
            self.held += 1
            return True
        self.failed.append(what if got is None else f"{what}; got {got!r}"[:900])
        return False

    def equal(self, got: Any, wanted: Any, what: str) -> bool:
        """Claims that two values are the same, and of the same type."""
        return self.that(type(got) is type(wanted) and got == wanted, f"{what} is {wanted!r}", got)

    def works(self, call: Callable[[], Any], what: str) -> Any:
        """Claims that the call raises nothing, and gives what it gives; else `None`."""
        try:
            got = call()
        except Exception as raised:
            self.failed.append(f"{what} works; raised {type(raised).__name__}: {' '.join(str(raised).split())}"[:900])
            return None
        self.held += 1
        return got

    def raises(self, kind: type[BaseException], call: Callable[[], Any], what: str) -> Any:
        """Claims that the call raises this exception, and gives it."""
        try:
            got = call()
        except kind as raised:
            self.held += 1
            return raised
        except Exception as other:  # The claim is about the type, so any other is a finding.
            self.failed.append(f"{what} raises {kind.__name__}; raised {type(other).__name__}: {other}"[:900])
        else:
            self.failed.append(f"{what} raises {kind.__name__}; gave {got!r}"[:900])
        return None

    def storm(
        self,
        kind: type[BaseException],
        call: Callable[[], Any],
        refused: Callable[[Any], bool],
        what: str,
        passing: tuple[type[BaseException], ...] = (),
    ) -> None:
        """Claims that a provider which refuses now and then is told by the SDK's own exception. `passing` is what a token endpoint's refusals come as."""
        for _ in range(600):
            try:
                call()
            except kind as raised:
                if refused(raised):
                    self.held += 1
                    return
                self.failed.append(f"{what}: the exception tells of a limit; it is {raised!r}"[:900])
                return
            except passing:
                continue
            except Exception as other:
                self.failed.append(f"{what} raises {kind.__name__}; raised {type(other).__name__}: {other}"[:900])
                return
        self.failed.append(f"{what}: none of 600 requests was refused")

    def note(self, text: str) -> None:
        """Something to be read beside the result."""
        self.notes.append(text)


@dataclass(frozen=True)
class Check:
    """One line of the result."""

    name: str
    what: str
    body: Callable[[Context, Claims], None]
    needs_sandbox: bool = True


def run(check: Check, context: Context) -> tuple[str, Claims, str]:
    """Carries it out: `ok`, `FAIL` or `missing`, what it claimed, and one line about it."""
    claims = Claims()
    began = time.monotonic()
    try:
        check.body(context, claims)
    except Missing as missing:
        return "missing", claims, str(missing)
    except Exception as broken:  # A check that breaks is a check that fails.
        where = traceback.extract_tb(broken.__traceback__)
        ours = [frame for frame in where if f"/{__package__}/" in frame.filename]
        last = (ours or where)[-1]
        claims.failed.append(
            f"{type(broken).__name__} at {Path(last.filename).name}:{last.lineno} (`{last.line}`): {broken}"[:1200]
        )
    took = time.monotonic() - began
    if claims.failed:
        return "FAIL", claims, f"{len(claims.failed)} of {claims.held + len(claims.failed)} claims do not hold, {took:.1f} s"
    return "ok", claims, f"{claims.held} claims, {took:.1f} s"
