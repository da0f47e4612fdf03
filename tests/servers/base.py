"""The life of a server in a test, written once: start, wait until it answers, stop for certain."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.servers import web
from tests.servers.locate import find_executable
from tests.servers.ports import HOST, free_port, is_free

_TAIL_BYTES = 4000
_POLL_SECONDS = 0.02
_PORT_ATTEMPTS = 5


class ServerError(Exception):
    """A server did not start, or gave an invalid answer; the message ends with its log."""


class Server:
    """A process that listens on a loopback port. A base class: each server provides its command line.

    Use it as a context manager, or call `start()` and `stop()`. It keeps its data and its log in `folder`, which
    outlives a stop, so `restart()` finds everything as it was.

    Whatever happens to the test process, no server outlives it: the kernel kills a server when the thread that started
    it ends (`setpriv --pdeathsig`), which also covers SIGKILL and a crash. So start servers in the main thread.
    """

    name: str  # as scripts/servers calls it
    program: str
    ready_path = "/-/ready"
    start_seconds = 30.0
    stop_seconds = 10.0

    def __init__(self, folder: Path, *, flags: Sequence[str] = ()) -> None:
        """Prepare a server that isn't running yet; `flags` are added to its command line."""
        self.folder = folder
        self.flags = tuple(flags)
        self.port = 0
        self._log_start = 0  # of the present process; what was before it is kept, but isn't its log
        self.process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        state = f"pid {self.process.pid}" if self.process else "stopped"
        return f"<{type(self).__name__} {HOST}:{self.port} {state}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # What a server defines.

    def command(self) -> list[str]:
        """Return the command line that makes the server listen on `self.port`."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Write the files that the server reads at its start."""

    # What every server has.

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """The server's host and port, as Prometheus wants its targets."""
        return f"{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        """The file with the server's output."""
        return self.folder / f"{self.name}.log"

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    def executable(self) -> Path:
        """Return the server's program, or raise ServerMissingError."""
        return find_executable(self.name, self.program)

    def get(self, path: str) -> str:
        """Return the body of a successful GET of `path`."""
        return web.get(self.url + path)

    def log_tail(self) -> str:
        """Return the end of the output since the last start."""
        with contextlib.suppress(FileNotFoundError):
            return self.log_file.read_bytes()[self._log_start :][-_TAIL_BYTES:].decode("utf-8", "replace")
        return ""

    def start(self, port: int | None = None) -> Self:
        """Start the server, on `port` or on any free one, and return when it is ready.

        Raises:
            ServerMissingError: its program isn't installed.
            ServerError: it ended, or wasn't ready in time.
        """
        if self.running:
            message = f"{self} runs already"
            raise ServerError(message)
        self.executable()
        self.folder.mkdir(parents=True, exist_ok=True)
        if port is not None:
            self._await_port(port)
        for _ in range(_PORT_ATTEMPTS):
            self.port = port or free_port()
            self._launch()
            try:
                self._await_ready()
            except ServerError:
                self.kill()
                # Between our check and the server's bind another process can take the port.
                if "address already in use" not in self.log_tail().lower():
                    raise
            except BaseException:
                self.kill()
                raise
            else:
                return self
        message = f"{self.name} found its port taken {_PORT_ATTEMPTS} times; its log:\n{self.log_tail()}"
        raise ServerError(message)

    def stop(self) -> None:
        """Stop the server regularly, by force if it takes too long. Does nothing when it isn't running."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server, as a crash would. Does nothing when it isn't running."""
        self._end(signal.SIGKILL)

    def restart(self) -> Self:
        """Stop the server and start it again on the same port with the same data."""
        self.stop()
        return self.start(self.port)

    def _launch(self) -> None:
        self.prepare()
        with self.log_file.open("ab") as log:
            self._log_start = log.tell()
            self.process = subprocess.Popen(
                [*_bound_to_us(), *self.command(), *self.flags],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the test process alone, which then stops its servers in order.
                start_new_session=True,
            )

    def _await_port(self, port: int) -> None:
        """Wait for a fixed port, which old connections may hold for a moment."""
        deadline = time.monotonic() + self.stop_seconds
        while not is_free(port):
            if time.monotonic() >= deadline:
                message = f"{self.name} cannot have port {port}: another process listens on it"
                raise ServerError(message)
            time.sleep(_POLL_SECONDS)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline:
            if not self.running:
                code = self.process.returncode if self.process else None
                message = f"{self.name} ended with code {code} at its start; its log:\n{self.log_tail()}"
                raise ServerError(message)
            if self._answers():
                return
            time.sleep(_POLL_SECONDS)
        message = f"{self.name} was not ready within {self.start_seconds:g} s; its log:\n{self.log_tail()}"
        raise ServerError(message)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return web.request("GET", self.url + self.ready_path, timeout=2.0).status == 200
        return False

    def _end(self, with_signal: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(with_signal)
        try:
            process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _bound_to_us() -> list[str]:
    """Return the command prefix that ties a child's life to ours.

    A program that sets it and then becomes the server (same process ID) rather than `preexec_fn`: that runs Python code
    between fork and exec, which can deadlock in a process that has threads, or gevent.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
