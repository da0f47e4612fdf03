"""Real Locust processes under load, with us, with each peer, and with neither; and the servers that they deliver to."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.nginx import Nginx
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.target import Target

LOCUSTFILE = Path(__file__).parent / "locustfiles" / "load.py"

NONE = "no plugin"
EMPTY = "an empty listener"
OURS = "locust-push"
PLAIN = "locust-push, not compiled"
CLIENT = "prometheus_client + Pushgateway"
WRITER = "prometheus_client + prometheus-remote-writer"
TELEMETRY = "OpenTelemetry + remote-write"

ALTERNATIVES = (NONE, EMPTY, OURS, CLIENT, WRITER, TELEMETRY)


@dataclass(frozen=True, slots=True)
class Run:
    """What one Locust process came to.

    Attributes:
        requests: How many it made.
        seconds: In how long.
        cpu_seconds: Of this process.
        longest_stall: Seconds for which no user could run; 0 if not measured.
        longest_turn: Longest CPU seconds for which pushing blocked the hub; 0 if not measured.
        pushing: CPU seconds of pushing; 0 if not measured.
        phases: Alternately without and with listeners that are not Locust's, in pairs: whether with them, CPU seconds,
            requests. None if they were there all the time.
        p999: The 99.9th percentile of response times as Locust reports it, seconds.
        memory: Largest resident size, bytes.
    """

    requests: int
    seconds: float
    cpu_seconds: float
    longest_stall: float
    longest_turn: float
    pushing: float
    phases: list[tuple[bool, float, int]]
    p999: float
    memory: int

    @property
    def throughput(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def cpu(self) -> float:
        """CPU seconds per request."""
        return self.cpu_seconds / self.requests


@dataclass(frozen=True, slots=True)
class Load:
    """What a Locust process is to do.

    Attributes:
        names: Request names, used in turn.
        users: How many.
        seconds: For how long.
        wait: Seconds between two requests of a user; 0 saturates the process.
        path: What they ask for.
        probe: Whether to look for stalls, which itself costs something.
        clocked: Whether to look at what pushes take, which does so too.
        alternating: Whether to take listeners out and in again.
        plain: Whether the hot path is to be the one in Python.
        options: Further ones of Locust's command line.
    """

    names: int
    users: int
    seconds: int
    wait: float = 0.0
    path: str = "/"
    probe: bool = False
    clocked: bool = False
    alternating: bool = False
    plain: bool = False
    options: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Stage:
    """The servers of a benchmark."""

    nginx: Nginx
    target: Target
    prometheus: Prometheus
    pushgateway: Pushgateway

    def run(self, alternative: str, load: Load, host: str = "") -> Run:
        """Run one of :data:`ALTERNATIVES`, or PLAIN, against ``host``, by default nginx."""
        write_url = f"{self.prometheus.url}/api/v1/write"
        match alternative:
            case "no plugin":
                return run(host or self.nginx.url, load, peer="none")
            case "an empty listener":
                return run(host or self.nginx.url, load, peer="empty")
            case "locust-push" | "locust-push, not compiled":
                # As many names as there are: what is beyond the cap costs less.
                push = ("--push-url", write_url, "--push-max-names", "10000", "--push-spool", "")
                return run(host or self.nginx.url, replace(load, plain=alternative == PLAIN), *push, peer="none")
        name, url = {
            CLIENT: ("prometheus_client", self.pushgateway.url),
            WRITER: ("prometheus-remote-writer", write_url),
            TELEMETRY: ("OpenTelemetry", write_url),
        }[alternative]
        return run(host or self.nginx.url, load, peer=name, peer_url=url)


@contextmanager
def stage() -> Iterator[Stage]:
    """Start the servers, and end them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))

        on = Stage(
            Nginx(folder / "nginx"),
            Target(folder / "target"),
            Prometheus(folder / "prometheus", version=3),
            Pushgateway(folder / "pushgateway"),
        )
        for server in (on.nginx, on.target, on.prometheus, on.pushgateway):
            stack.enter_context(server)
        yield on


def run(host: str, load: Load, *arguments: str, peer: str, peer_url: str = "") -> Run:
    """Run one Locust process to its end."""
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE)]
    command += ["--headless", "--only-summary", "-H", host]
    command += ["-u", str(load.users), "-r", str(load.users), "-t", f"{load.seconds}s", *load.options, *arguments]
    done = subprocess.run(
        command, check=False, text=True, capture_output=True, env={**os.environ, **_environ(load, peer, peer_url)}
    )
    found = [line for line in done.stdout.splitlines() if line.startswith("measured ")]
    if not found:
        raise RuntimeError(f"{' '.join(command)} measured nothing:\n{done.stderr[-2000:]}")
    return Run(**json.loads(found[0].removeprefix("measured ")))


def _environ(load: Load, peer: str, peer_url: str) -> Mapping[str, str]:
    return {
        "BENCHMARK_NAMES": str(load.names),
        "BENCHMARK_WAIT": str(load.wait),
        "BENCHMARK_PATH": load.path,
        "BENCHMARK_PROBE": "1" if load.probe else "",
        "BENCHMARK_CLOCKED": "1" if load.clocked else "",
        "BENCHMARK_ALTERNATING": "1" if load.alternating else "",
        "BENCHMARK_PLAIN": "1" if load.plain else "",
        "BENCHMARK_PEER": peer,
        "BENCHMARK_PEER_URL": peer_url,
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
