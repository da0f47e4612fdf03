"""Child processes that do not outlive the demo, and free ports for them."""

import random
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from locust_push.core.system import kill_with_children

STOP_SECONDS = 10.0
"""How long a child may take to stop: Locust gives workers three seconds, and then they deliver what is left."""

_PORTS = range(10_000, 30_000)
"""Below those that the kernel gives to outgoing connections, of which a load test opens many."""

_PORT_ATTEMPTS = 100


@contextmanager
def child(
    command: Sequence[str], *, log: Path, folder: Path, environ: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in ``folder`` for as long as the ``with`` block lasts; what it prints is added to ``log``.

    When the block ends, however it ends, so do the process and all that it started.

    Raises:
        OSError: It could not be started.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  # no shell, and arguments of our own
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A separate process group: Ctrl-C reaches only the demo, which then stops the whole group.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Terminate a process group by its leader; kill it after :data:`STOP_SECONDS`."""
    try:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
    finally:
        kill_with_children(process)
        process.wait()


def free_port(host: str, chance: random.Random) -> int:
    """Return a port that was free a moment ago.

    Raises:
        OSError: A hundred of them, taken at random, were in use.
    """
    for port in chance.sample(_PORTS, _PORT_ATTEMPTS):
        with suppress(OSError), socket.create_server((host, port)):
            return port
    raise OSError(f"no free port found on {host} from {_PORTS.start} to {_PORTS.stop}")


def tail(path: Path, lines: int) -> str:
    """Return the last lines of a file of any size."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 200 * lines))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
