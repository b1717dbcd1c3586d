"""A headless Chromium, told what to do over WebDriver: a dozen requests need no library.

See https://www.w3.org/TR/webdriver2/ for the requests, and chromedriver's documentation for ``goog/cdp``.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DRIVERS = ("chromedriver", "chromium.chromedriver")
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_PATIENCE_S = 60
TAB, ENTER, SPACE = "\ue004", "\ue007", " "


def missing() -> str:
    """Say what must be installed before a browser can be opened; empty if nothing."""
    if found(BROWSERS) and found(DRIVERS):
        return ""
    return "there is no Chromium with its driver (Debian: apt install chromium chromium-driver)"


def found(names: tuple[str, ...]) -> str | None:
    """Return the first of these programs that is installed."""
    return next(filter(None, map(shutil.which, names)), None)


@attrs.frozen
class Browser:
    """An open window."""

    address: str

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send one request of WebDriver and return the value of the answer."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(f"{self.address}{path}", data, method=method)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=_PATIENCE_S) as answer:
            return json.load(answer)["value"]

    def open(self, file: Path) -> None:
        """Show a file."""
        self.ask("POST", "/url", {"url": file.resolve().as_uri()})

    def run(self, script: str) -> Any:
        """Run JavaScript on the page and return what it returns."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def click(self, selector: str) -> None:
        """Click on the first element that a CSS selector finds."""
        element = self.ask("POST", "/element", {"using": "css selector", "value": selector})[_ELEMENT]
        self.ask("POST", f"/element/{element}/click")

    def press(self, key: str) -> None:
        """Press a key, wherever the focus is."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def log(self, kind: str) -> list[dict[str, Any]]:
        """Return what was logged since the last call: ``browser`` (the console) or ``performance``."""
        entries: list[dict[str, Any]] = self.ask("POST", "/se/log", {"type": kind})
        return entries

    def requests(self) -> list[str]:
        """Return the address of everything that was asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        asked = (event["params"] for event in events if event["method"] == "Network.requestWillBeSent")
        return [one["request"]["url"] for one in asked]

    def tell(self, command: str, **params: Any) -> Any:
        """Send a command of the Chrome DevTools Protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def pdf(self) -> bytes:
        """Print the page."""
        return base64.b64decode(self.ask("POST", "/print"))


@contextmanager
def browser() -> Iterator[Browser]:
    """Open a window and close it again."""
    driver = subprocess.Popen([str(found(DRIVERS)), "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        lines = iter(driver.stdout or ())
        port = next(match[1] for line in lines if (match := re.search(r"successfully on port (\d+)", line)))
        wanted = {
            "goog:chromeOptions": {"binary": found(BROWSERS), "args": list(_ARGUMENTS)},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        session = Browser(f"http://127.0.0.1:{port}/session")
        made = session.ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        window = Browser(f"{session.address}/{made['sessionId']}")
        try:
            yield window
        finally:
            window.ask("DELETE", "")
    finally:
        driver.terminate()
        driver.communicate(timeout=_PATIENCE_S)
