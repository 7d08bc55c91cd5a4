"""A server that stands between our client and an imitation, and keeps what was asked."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

#: Headers that are not handed on.
OF_THE_CONNECTION = ("host", "connection", "content-length", "accept-encoding", "transfer-encoding", "date", "server")


@dataclass(frozen=True)
class Passed:
    """One request."""

    method: str
    target: str
    body: bytes
    status: int = 0
    answer: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address, and of a form in the body."""
        form = self.body.decode(errors="replace") if self.method == "POST" and not self.body.startswith(b"{") else ""
        return dict(parse_qsl(urlsplit(self.target).query) + parse_qsl(form))


@contextmanager
def proxied(base: str, asked: list[Passed]):
    """A server that hands everything on to `base`, and keeps what was asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            kept = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_CONNECTION}
            request = urllib.request.Request(base + self.path, body or None, kept, method=self.command)
            try:
                answer = urllib.request.urlopen(request, timeout=60)
            except urllib.error.HTTPError as refused:
                answer = refused
            text = answer.read()
            asked.append(Passed(self.command, self.path, body, answer.status, text))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in OF_THE_CONNECTION:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
