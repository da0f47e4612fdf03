"""One of the demo's runs: Locust as a master with two workers, against the sample service."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locust_push.demo.process import child, free_port, tail
from locust_push.demo.service import HOST, SampleService

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
DEMO_USERS = 40
DEMO_WORKERS = 2

START_STOP_SECONDS = 5.0
"""Seconds that Locust needs beyond its run time: to start, to connect workers, and for their last reports."""

_GRACE_SECONDS = 60.0
"""Factor by which a run may exceed its expected time before it is stopped; the machine may be very busy."""

_POLL_SECONDS = 0.1
_LOG_LINES = 20
_PROXY_EXCEPTIONS = ("no_proxy", "NO_PROXY")


class RunFailedError(Exception):
    """A run did not finish; ``str()`` has the reason and the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One run.

    Attributes:
        run_id: Its ID.
        slowdown: How many times slower than usual the service's database is.
        seconds: Run time, whole seconds.
        folder: Working directory, away from the user's Locust configuration.
        log: File to which Locust's output is added.
        environ: Environment of the processes.
    """

    run_id: str
    slowdown: float
    seconds: int
    folder: Path
    log: Path
    environ: Mapping[str, str]

    @property
    def expected_seconds(self) -> float:
        """About how long it will take, seconds."""
        return self.seconds + START_STOP_SECONDS

    def run(self, service: SampleService, chance: random.Random, elapsed: Callable[[float], None]) -> None:
        """Run it to its end.

        Args:
            service: The same for all runs, so that their parameters are the same.
            chance: Chooses ports.
            elapsed: Called repeatedly with the number of seconds since the start.

        Raises:
            RunFailedError: Locust failed, or takes far longer than expected.
            OSError: It could not be started.
        """
        service.slowdown = self.slowdown
        command = locust_command(self.run_id, service.url, self.seconds, free_port(HOST, chance))
        with child(command, log=self.log, folder=self.folder, environ=self.environ) as process:
            self._await_end(process, elapsed)

    def _await_end(self, process: "subprocess.Popen[bytes]", elapsed: Callable[[float], None]) -> None:
        started = time.monotonic()
        while process.poll() is None:
            seconds = time.monotonic() - started
            if seconds > self.expected_seconds + _GRACE_SECONDS:
                raise self._failed(f"did not end within {seconds:.0f} s")
            elapsed(seconds)
            time.sleep(_POLL_SECONDS)
        if process.returncode:
            raise self._failed(f"ended with code {process.returncode}")

    def _failed(self, what: str) -> RunFailedError:
        return RunFailedError(
            f"Locust's run {self.run_id} {what}. Its log, {self.log}, ends:\n{tail(self.log, _LOG_LINES)}"
        )


def locust_command(run_id: str, target: str, seconds: int, port: int) -> list[str]:
    """Return the command line that puts load on ``target``, without the push URL, which may contain a secret.

    Args:
        run_id: Of the run.
        target: URL of the service.
        seconds: Run time.
        port: Free, for the master.
    """
    options = {
        "--locustfile": str(LOCUSTFILE),
        "--host": target,
        "--users": str(DEMO_USERS),
        "--spawn-rate": str(DEMO_USERS),
        "--run-time": f"{seconds}s",
        "--processes": str(DEMO_WORKERS),
        "--master-host": HOST,
        "--master-port": str(port),
        "--master-bind-host": HOST,
        "--master-bind-port": str(port),
        "--exit-code-on-error": "0",  # the service fails now and then on purpose
        "--push-interval": "1s",
        "--push-run-id": run_id,
    }
    arguments = [text for pair in options.items() for text in pair]
    return [sys.executable, "-m", "locust_push", "run", "--headless", "--only-summary", *arguments]


def locust_environ(environ: Mapping[str, str], push_urls: Sequence[str]) -> dict[str, str]:
    """Return the environment for Locust: with the push URL, without Locust's variables, which could change the run."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("LOCUST_") or name.startswith("LOCUST_PUSH_")
    }
    # Servers on the loopback interface are not reached through a proxy.
    direct = {name: ",".join(filter(None, [kept.get(name), HOST])) for name in _PROXY_EXCEPTIONS}
    return {**kept, **direct, "LOCUST_PUSH_URL": " ".join(push_urls)}


def complaints(log: Path, start: int) -> list[str]:
    """Return the warnings of locust-push in a log, from the byte ``start`` on."""
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").splitlines()
    return [line for line in lines if "/WARNING/locust_push" in line or "/ERROR/locust_push" in line]
