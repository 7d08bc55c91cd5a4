"""The program's imitations, started for the checks, and the credentials that they accept."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from .checks import Missing

# Made up, and printed in the sandbox's sources: they open nothing else.
META_TOKEN = "sandbox-meta-token"
STRIPE_KEY = "rk_test_sandbox_0000000000000000"
POSTHOG_US_KEY, POSTHOG_US_PROJECT = "phx_sandbox_us", "10482"
POSTHOG_EU_KEY, POSTHOG_EU_PROJECT = "phx_sandbox_eu", "20771"
SPOTIFY_ID, SPOTIFY_SECRET = "sandbox-spotify-client", "sandbox-spotify-secret"
SPOTIFY_REFRESH_TOKEN, SPOTIFY_USER = "sandbox-spotify-refresh", "northbound.records"
TIKTOK_TOKEN = "sandbox-tiktok-token"
TIKTOK_APP, TIKTOK_SECRET = "7001000000000000001", "sandbox-tiktok-secret"

#: The key of a service account, as Google's are downloaded. It stands beside the imitation.
GOOGLE_KEY = Path(__file__).resolve().parents[3] / "sandbox" / "src" / "google" / "demo_key.json"


def google_key(token_uri: str) -> dict:
    """The key for libraries that sign assertions and send them to the address that stands in the key."""
    return {**json.loads(GOOGLE_KEY.read_text()), "token_uri": token_uri}


@dataclass
class Sandbox:
    """One running `dynamoi sandbox`."""

    process: subprocess.Popen
    urls: dict[str, str]

    @classmethod
    def start(cls, dynamoi: Path, chaos: str = "none") -> Sandbox:
        """Starts it on a free port and waits until it says where the imitations are."""
        command = [str(dynamoi), "sandbox", "--listen", "127.0.0.1:0", "--chaos", chaos]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = threading.Timer(120, process.kill)
        deadline.start()
        urls = {}
        for line in process.stdout:
            words = line.split()
            if not words:
                break
            urls[words[0]] = words[1]
        deadline.cancel()
        if not urls:
            raise RuntimeError(f"the sandbox did not start: {process.stderr.read().strip()}")
        for pipe in (process.stdout, process.stderr):
            threading.Thread(target=pipe.read, daemon=True).start()
        return cls(process, urls)

    def url(self, id: str) -> str:
        """Where an imitation is, without a trailing slash."""
        if id not in self.urls:
            raise Missing(f"the sandbox has no {id}; it has {', '.join(self.urls)}")
        return self.urls[id]

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
