"""Chromium without a window, by Playwright, and pages for it on origins of their own."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import sync_playwright

from tests.intermediaries.origin import Served
from tests.programs import find_program

#: For a busy machine, in milliseconds.
_PATIENCE = 120_000

#: What a page does: `fetch`, with nothing special about it.
_FETCH = """
async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        const text = await response.text();
        return {
            status: response.status,
            text: text,
            headers: Object.fromEntries(response.headers),
        };
    } catch (error) {
        return {status: null, text: String(error)};
    }
}
"""


@dataclass(frozen=True)
class Read:
    """What a script can read of a response; the status is None where it may not."""

    status: int | None
    text: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class Page:
    """A page in a profile of its own, whose scripts send requests."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def go(self, url: str) -> None:
        self._page.goto(url)

    def fetch(self, url, method="GET", user=None, body=None, headers=None, **options):
        """Send a request from the page.

        Args:
            url: Where to.
            method: As in HTTP.
            user: Name and password that the script knows.
            body: That is sent as JSON.
            headers: Others that the script sets.
            **options: Others of `fetch`.
        """
        sent = dict(headers or {})
        if user:
            pair = base64.b64encode(":".join(user).encode()).decode()
            sent["Authorization"] = f"Basic {pair}"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            options["body"] = json.dumps(body)
        options |= {"method": method, "headers": sent}
        return Read(**self._page.evaluate(_FETCH, [url, options]))


class Chromium:
    """Debian's Chromium; nothing is downloaded."""

    def __init__(self) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=find_program("chromium"),
            # Its sandbox does not work for root; containers have little shared memory.
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            timeout=_PATIENCE,
        )

    def open(self) -> tuple[Page, Any]:
        """Open a page with an empty cache; the page, and its profile."""
        profile = self.profile()
        return Page(profile.new_page()), profile

    def profile(self, **options: Any) -> Any:
        """Return a profile that has kept nothing, of a screen as options say."""
        profile = self._browser.new_context(**options)
        profile.set_default_timeout(_PATIENCE)
        return profile

    def close(self) -> None:
        self._browser.close()
        self._playwright.stop()


class Site(Served):
    """Pages on another origin: any path, of any host."""

    def __init__(self) -> None:
        super().__init__(self._answer)

    @staticmethod
    def _answer(environ: Any, start_response: Any) -> Any:
        content = [("Content-Type", "text/html"), ("Cache-Control", "no-store")]
        start_response("200 OK", content)
        return [b"<!doctype html><title>A page</title>"]

    def at(self, host: str) -> str:
        """Return the origin of the pages at a host that is this machine."""
        return f"http://{host}:{self.port}"
