"""Locust with its web UI, driven by the requests that its page would send."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Any

from tests.real.locust_process import LocustProcess
from tests.servers import web
from tests.servers.poll import eventually
from tests.servers.ports import free_port


class WebUi:
    """A Locust process with a web UI."""

    def __init__(self, folder: Path, *arguments: str, base_path: str = "", **options: Any) -> None:
        """Start ``locust <arguments>`` with a web UI on a free port; ``options`` as of a LocustProcess."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}{base_path}"
        if base_path:
            arguments += "--web-base-path", base_path
        self.locust = LocustProcess(
            folder, "--web-host", "127.0.0.1", "--web-port", str(port), "--stop-timeout", "5", *arguments, **options
        )
        self.locust.wait_for("Starting web interface")
        eventually(self._answers, within=40)

    def page(self) -> str:
        """The page that a browser gets."""
        return web.get(self.url)

    def start(self, **fields: str) -> str:
        """Send the start form; return the answer, which reports success."""
        answer = self.send_form(**fields)
        assert json.loads(answer)["success"], answer
        return answer

    def send_form(self, **fields: str) -> str:
        """Send the start form; return the answer."""
        form = {"user_count": "2", "spawn_rate": "2", **fields}
        return web.request(
            "POST",
            f"{self.url}/swarm",
            urllib.parse.urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ).text

    def stop(self) -> None:
        """Press the stop button; return when all users have stopped."""
        # A master answers when its workers have stopped, which it looks at once a second.
        answer = web.request("POST", f"{self.url}/stop", b"", timeout=30)
        assert json.loads(answer.text)["success"], answer.text
        eventually(lambda: self._stats()["state"] in {"stopped", "stopping", "ready"})

    def workers(self) -> list[str]:
        """Return the states of a master's workers."""
        return [worker["state"] for worker in self._stats()["workers"]]

    def runs(self) -> list[str]:
        """Return the IDs of the runs of this process, oldest first."""
        lines = self.locust.push_lines()
        return [line.split()[1].rstrip(":") for line in lines if ": pushing to " in line]

    def _stats(self) -> Any:
        return json.loads(web.get(f"{self.url}/stats/requests"))

    def _answers(self) -> bool:
        try:
            return web.request("GET", f"{self.url}/").status == 200
        except OSError:
            return False
