"""What our imitations answer to our client, held against the answers' schemas in the providers' specifications.

Types and enumerations are judged. Fields that no schema names, nulls and absences are let pass: imitations have them on purpose, as providers do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ..checks import Claims, Context
from ..sandbox import GOOGLE_KEY
from ..worker import once
from . import discovery, openapi, stripe_types
from .cases import DAYS, tail
from .judge import validator
from .model import Specification
from .proxy import Passed, proxied

#: Shown of one check.
SHOWN = 12


@dataclass(frozen=True)
class Imitation:
    """One imitation, how our client is configured for it, and what describes it."""

    name: str
    id: str
    specifications: Callable[[Context], list[Specification]]
    #: With the places `url` (the proxy), `sandbox` (the imitation itself), `since`, `key`.
    connection: str
    #: What stands before the paths of the specification.
    prefix: str = ""
    #: What is against the specification by intention: a part of what is said of it, and why.
    on_purpose: tuple[tuple[str, str], ...] = ()


def check(imitation: Imitation, context: Context, claims: Claims) -> None:
    specifications = imitation.specifications(context)
    asked: list[Passed] = []
    sandbox = context.calm.url(imitation.id)
    with proxied(sandbox, asked) as url:
        values = {"url": url, "sandbox": sandbox, "since": str(date.today() - timedelta(days=DAYS)), "key": GOOGLE_KEY}
        text = (
            f'[connections.checked]\nintegration = "{imitation.id}"\nbase_url = "{url}"\n{imitation.connection.format(**values)}'
        )
        run = once(context.dynamoi, context.place / f"answers-{imitation.name}", text)
    claims.that(asked, "the client asks", f"{run.exit}: {tail(run.log)}")
    found: dict[str, str] = {}
    answers = judged = 0
    for it in asked:
        if it.status != 200:
            continue
        answers += 1
        for specification in specifications:
            operation, _, _ = specification.match(it.method, imitation.prefix + it.path)
            if operation is None or operation.answer is None:
                continue
            judged += 1
            for place, message in objections(specification, operation.answer, json.loads(it.answer)):
                found.setdefault(f"{operation.name}: {place}: {message}", it.target)
            break
    claims.note(f"{answers} answers, {judged} of them described")
    claims.that(judged, "answers are described by the specification", answers)
    for part, why in imitation.on_purpose:
        for what in [what for what in found if part in what]:
            del found[what]
            claims.note(f"on purpose: {what[:160]} ({why})")
    for what, target in list(found.items())[:SHOWN]:
        claims.that(False, f"an answer to {target[:150]} follows its schema", what[:500])
    claims.that(not found, "no answer is against its schema", len(found))


def objections(specification: Specification, schema: dict, answer) -> Iterator[tuple[str, str]]:
    """Where an answer is not as its schema says; places in lists are left out, so that the same is told once."""
    for error in validator(specification, schema).iter_errors(answer):
        for inner in wrong(error):
            yield ".".join(str(step) for step in inner.absolute_path if isinstance(step, str)), inner.message[:200]


def wrong(error) -> list:
    """What of an error counts: a null and an absence do not, and of several schemas the one that fits best does."""
    if error.instance is None or error.validator == "required":
        return []
    if error.validator in ("anyOf", "oneOf"):
        branches: dict[int, list] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).extend(wrong(inner))
        return min(branches.values(), key=len, default=[])
    return [error]


APP = 'credentials.client_id = "{id}"\ncredentials.client_secret = "{secret}"\ncredentials.refresh_token = "{token}"\n'
SPOTIFY = 'endpoints.token = "{sandbox}/api/token"\n' + APP.replace("{id}", "sandbox-spotify-client").replace(
    "{secret}", "sandbox-spotify-secret"
).replace("{token}", "sandbox-spotify-refresh")

IMITATIONS = (
    Imitation(
        name="spotify",
        id="spotify",
        specifications=lambda context: [openapi.read(context.specification("spotify"), server="/v1")],
        connection=SPOTIFY
        + 'settings = {{ tracks = ["1track0000000000000000", "isrc:QZNB20000001"], albums = ["2album0000000000000000"], '
        'artists = ["3artist000000000000000"], playlists = ["4playlist000000000odd1", "4playlist00000000long1"], market = "US" }}\n',
    ),
    Imitation(
        name="spotify-ads",
        id="spotify_ads",
        specifications=lambda context: [openapi.read(context.specification("spotify-ads"), server="/v3")],
        connection=SPOTIFY.replace("sandbox-spotify-", "sandbox-spotify-ads-") + 'start_date = "{since}"\n',
    ),
    Imitation(
        name="stripe",
        id="stripe",
        specifications=lambda context: [stripe_types.read()],
        connection='credentials.api_key = "rk_test_sandbox_0000000000000000"\nstart_date = "{since}"\nsettings = {{ test_mode = true }}\n',
        on_purpose=(("'grace_period' is not one of", "a status that no version has: one day there is one"),),
    ),
    Imitation(
        name="google-analytics",
        id="google_analytics",
        specifications=lambda context: [discovery.read(context.specification(name)) for name in ("ga4-data", "ga4-admin")],
        connection='endpoints.token = "{sandbox}/token"\nendpoints.admin = "{url}"\ncredentials.service_account = {{ file = "{key}" }}\n'
        'start_date = "{since}"\nsettings = {{ property = "9007199254740993", goals = ["sign_up", "purchase"] }}\n',
    ),
    Imitation(
        name="youtube",
        id="youtube",
        specifications=lambda context: [
            discovery.read(context.specification(name)) for name in ("youtube-data", "youtube-analytics")
        ],
        connection='endpoints.analytics = "{url}"\ncredentials.api_key = "AIzaSandboxYouTubeKeyThatOpensNothing00"\nstart_date = "{since}"\n'
        'settings = {{ channels = ["UCsandbox-label_00000001"], videos = ["v-_00000001"], playlists = ["PLsandbox-everything-we-made"] }}\n',
    ),
)
