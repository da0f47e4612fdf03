"""A Prometheus for the demo, if one is installed, to show that the same runs reach it."""

import json
import shutil
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from subprocess import Popen

from locust_push.demo.process import child, free_port
from locust_push.demo.service import HOST
from locust_push.outputs.remote_write.paths import PROMETHEUS_PATH

_START_SECONDS = 20.0
_POLL_SECONDS = 0.05
_ATTEMPT_SECONDS = 2.0

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores proxies: the server is on this machine."""


class PrometheusUnavailableError(Exception):
    """Prometheus did not start, or does not answer; ``str()`` has the reason."""


@dataclass(frozen=True, slots=True)
class DemoPrometheus:
    """A Prometheus that is running.

    Attributes:
        url: Where it listens, without a slash at the end.
    """

    url: str

    @property
    def push_url(self) -> str:
        """Its remote-write receiver."""
        return f"{self.url}{PROMETHEUS_PATH}"

    def series_of(self, run_ids: Sequence[str]) -> int:
        """Return how many series it holds of these runs.

        Raises:
            PrometheusUnavailableError: It does not answer.
        """
        # Over a range, since series end with their run.
        query = f'count(last_over_time({{run_id=~"{"|".join(run_ids)}"}}[1d]))'
        answer = _get(f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
        result = json.loads(answer)["data"]["result"]
        return int(result[0]["value"][1]) if result else 0


def find_prometheus(environ: Mapping[str, str]) -> str | None:
    """Return the program: from the cache of ``scripts/servers`` where ``LOCUST_PUSH_SERVERS`` names it, or on PATH."""
    cache = environ.get("LOCUST_PUSH_SERVERS")
    cached = [str(Path(cache) / name / "usr/bin") for name in ("prometheus3", "prometheus2")] if cache else []
    return next(filter(None, (shutil.which("prometheus", path=path) for path in (*cached, environ.get("PATH")))), None)


@contextmanager
def demo_prometheus(program: str, folder: Path, environ: Mapping[str, str], chance: Random) -> Iterator[DemoPrometheus]:
    """Run Prometheus on a free loopback port, with its data in ``folder``, for as long as the ``with`` block lasts.

    Raises:
        PrometheusUnavailableError: It did not start.
    """
    port = free_port(HOST, chance)
    (folder / "prometheus.yml").write_text("{}\n")
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={HOST}:{port}",
        "--web.enable-remote-write-receiver",
    ]
    with child(command, log=folder / "prometheus.log", folder=folder, environ=environ) as process:
        server = DemoPrometheus(f"http://{HOST}:{port}")
        _await_ready(server, process)
        yield server


def _await_ready(server: DemoPrometheus, process: Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        if process.poll() is not None:
            raise PrometheusUnavailableError(f"it ended with code {process.returncode}")
        try:
            _get(f"{server.url}/-/ready")
        except PrometheusUnavailableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _get(url: str) -> bytes:
    try:
        with _DIRECT.open(url, timeout=_ATTEMPT_SECONDS) as answer:
            return bytes(answer.read())
    except OSError as error:
        raise PrometheusUnavailableError(f"{url}: {error}") from None
