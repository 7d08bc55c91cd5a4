"""A server that answers what its specification allows, and refuses and records the rest."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from .examples import Example
from .judge import Asked, judge
from .model import Specification

#: What a hook gets: the request, and the answer made from the schema. It gives the answer that is sent.
Hook = Callable[[Asked, Any], Any]


@dataclass
class Mount:
    """One specification below a prefix of the server's."""

    specification: Specification
    hook: Hook | None = None
    meanings: dict[str, Any] = field(default_factory=dict)
    #: What a field is, by its path and its place in lists.
    field_hook: Callable[[Asked], Callable[[str, tuple[int, ...]], Any]] | None = None


@dataclass
class Mock:
    """The running server."""

    mounts: dict[str, Mount]
    requests: list[Asked] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    #: What the mock could not do.
    broken: list[str] = field(default_factory=list)

    def __enter__(self) -> Mock:
        mock = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    status, made = mock.respond(self.command, self.path, headers, body)
                except Exception as broken:  # A mock that breaks must not look like a client that does.
                    mock.broken.append(f"{self.command} {self.path}: {type(broken).__name__}: {broken}")
                    status, made = 500, {"error": {"message": "the mock broke"}}
                text = json.dumps(made).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def respond(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        if target == "/token" and method == "POST":
            return self.token(parse_qs(body.decode()))
        prefix = max((it for it in self.mounts if target.startswith(it + "/") or it == ""), key=len, default=None)
        if prefix is None:
            asked = Asked(method, target, headers, body, problems=["below no specification"])
            self.requests.append(asked)
            return 404, {"error": {"message": asked.problems[0]}}
        mount = self.mounts[prefix]
        asked = Asked(method, target.removeprefix(prefix), headers, body)
        judge(mount.specification, asked)
        self.requests.append(asked)
        if asked.problems:
            return 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "; ".join(asked.problems)}}
        made = self.made(mount, asked, f"{self.url}{target}")
        asked.answer = mount.hook(asked, made) if mount.hook else made
        return 200, asked.answer

    def made(self, mount: Mount, asked: Asked, url: str) -> Any:
        if asked.operation.answer is None:
            return {}
        expand = asked.values.get("expand")
        expanded = {str(it) for it in expand} if isinstance(expand, list) else set()
        # A path of several steps expands each of them.
        steps = {".".join(it.split(".")[: count + 1]) for it in expanded for count in range(it.count(".") + 1)}
        in_path = {name: str(asked.values[name]) for name in asked.operation.names()}
        field_hook = mount.field_hook(asked) if mount.field_hook else None
        example = Example(mount.specification, asked.values, in_path, url, steps, mount.meanings, field_hook)
        return example.make(asked.operation.answer)

    def token(self, form: dict[str, list[str]]) -> tuple[int, Any]:
        grant = form.get("grant_type", [""])[0]
        self.tokens.append(grant)
        known = ("client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer")
        if grant not in known:
            return 400, {"error": "unsupported_grant_type"}
        return 200, {"access_token": "made-up", "token_type": "Bearer", "expires_in": 3600}
