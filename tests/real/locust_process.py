"""Real Locust processes under test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.servers.poll import eventually

ROOT = Path(__file__).resolve().parents[2]
LOCUSTFILES = Path(__file__).resolve().parent / "locustfiles"

_DIE_WITH_TEST = ("setpriv", "--pdeathsig", "TERM")


class LocustProcess:
    """One ``locust`` command with its output.

    Attributes:
        output_file: What it wrote to stdout and stderr.
        exit_code: Its exit code, once it has ended.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        locustfile: str = "steady.py",
        environ: Mapping[str, str] | None = None,
        command: Sequence[str] = ("-m", "locust"),
        within: Sequence[str] = (),
    ) -> None:
        """Start ``locust -f <locustfile> <arguments>`` in ``folder``.

        ``environ`` is added to the environment; ``within`` is a command that starts the one behind it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.output_file = folder / f"locust-{len(list(folder.glob('locust-*.log')))}.log"
        own = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "LOCUST_SKIP_MONKEY_PATCH": ""}
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "CI_", "GITHUB_"))
        }
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [*_DIE_WITH_TEST, *within, sys.executable, *command, "-f", str(LOCUSTFILES / locustfile), *arguments],
                cwd=folder,
                env={**inherited, **own, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def output(self) -> str:
        """Its output so far."""
        return self.output_file.read_text(errors="replace")

    @property
    def exit_code(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.process.poll()

    @property
    def asleep(self) -> bool:
        """Whether it waits in a system call, so that a signal interrupts no operation."""
        status = Path(f"/proc/{self.process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "S"

    def wait(self, within: float = 60.0) -> int:
        """Wait for its end; return the exit code."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            message = f"Locust did not end within {within} s:\n{self.output[-4000:]}"
            raise TimeoutError(message) from None

    def wait_for(self, text: str, within: float = 60.0) -> None:
        """Wait until its output contains ``text``."""

        def printed() -> bool:
            assert self.exit_code is None or text in self.output, f"ended without {text!r}:\n{self.output[-4000:]}"
            return text in self.output

        eventually(printed, within=within)

    def end_when(self, condition: Callable[[], object], within: float = 40.0) -> int:
        """Wait for a condition, end the run by SIGTERM, and wait for the end; return the exit code.

        Rather than ``-t``: Locust's time limit starts before its users do, so that on a busy machine a limit of two
        seconds may be over with the first request.
        """

        def so() -> bool:
            assert self.exit_code is None, f"ended too early:\n{self.output[-4000:]}"
            return bool(condition())

        eventually(so, within=within)
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: signal.Signals) -> float:
        """Send a signal; return the monotonic time at which it was sent."""
        self.process.send_signal(number)
        return time.monotonic()

    def kill(self) -> None:
        """End it by force, and reap it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def push_lines(self) -> list[str]:
        """Return the lines that locust-push logged, without time and level."""
        marker = "locust-push: "
        return [line.partition(marker)[2] for line in self.output.splitlines() if marker in line]
