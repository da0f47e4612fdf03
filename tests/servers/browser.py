"""A real Chromium without a window, driven over the DevTools protocol: one page, its console and its network."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import websocket

from tests.servers.locate import find_executable
from tests.servers.poll import eventually

ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)


class Browser:
    """One Chromium."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start it, and wait until it can be driven.

        Raises:
            ServerMissingError: it is not installed.
        """
        program = find_executable("chromium", "chromium")
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            command = [str(program), *ARGUMENTS, f"--user-data-dir={self._folder / 'profile'}", "about:blank"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        eventually(lambda: self._address, within=30.0)
        return self

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)

    def open(self, url: str, *, scripts: bool = True, dark: bool = False) -> Page:
        """Return a page that has been loaded."""
        assert self._address
        return Page(self._address, url, scripts=scripts, dark=dark)

    @property
    def _log(self) -> Path:
        return self._folder / "chromium.log"

    @property
    def _address(self) -> str | None:
        found = re.search(r"DevTools listening on (\S+)", self._log.read_text(errors="replace"))
        return found.group(1) if found else None


class Page:
    """A page: what it loaded, what it complained of, and what its document holds."""

    def __init__(self, browser: str, url: str, *, scripts: bool, dark: bool) -> None:
        self._socket = websocket.create_connection(browser, timeout=30, suppress_origin=True)
        self._number = 0
        self._session: str | None = None
        self.events: list[Mapping[str, Any]] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._call(f"{domain}.enable")
        self._call("Emulation.setScriptExecutionDisabled", value=not scripts)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self._call("Page.navigate", url=url)
        while not self._seen("Page.loadEventFired"):
            self._receive()

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression; works with the page's own scripts turned off as well.

        Raises:
            AssertionError: It failed.
        """
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key)

    def resize(self, width: int, height: int) -> None:
        """Give it another size, in pixels."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self) -> bytes:
        """Return what is seen of it, as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def drag(self, element: str, start: float, end: float) -> None:
        """Drag over an element, between two shares of its width."""
        box = self.evaluate(
            f"{element}.scrollIntoView({{block: 'center'}}), {element}.getBoundingClientRect().toJSON()"
        )
        y = box["top"] + box["height"] / 2
        for kind, share in (("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end)):
            x = box["left"] + share * box["width"]
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    @property
    def complaints(self) -> list[str]:
        """Errors, refused policies and exceptions in the console."""
        entries = [event["params"]["entry"]["text"] for event in self._seen("Log.entryAdded")]
        return entries + [str(event["params"]) for event in self._seen("Runtime.exceptionThrown")]

    @property
    def requested(self) -> list[str]:
        """The address of every request, the page's own first."""
        return [event["params"]["request"]["url"] for event in self._seen("Network.requestWillBeSent")]

    def close(self) -> None:
        """Close the connection; the page ends with its browser."""
        self._socket.close()

    def _seen(self, method: str) -> list[Mapping[str, Any]]:
        return [event for event in self.events if event.get("method") == method]

    def _call(self, method: str, **params: Any) -> Any:
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params, **session}))
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _receive(self) -> Mapping[str, Any]:
        message: Mapping[str, Any] = json.loads(self._socket.recv())
        self.events.append(message)
        return message
