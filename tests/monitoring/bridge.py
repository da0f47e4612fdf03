"""``locust-push bridge`` as a process."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.base import Server


class BridgeProcess(Server):
    """The bridge, with channels from a file."""

    name = "bridge"
    program = "locust-push"
    ready_path = "/healthz"

    def __init__(
        self, folder: Path, *, channels: Sequence[str], environ: Mapping[str, str], token: str | None = None
    ) -> None:
        """Prepare a bridge that isn't running yet."""
        super().__init__(folder)
        self._channels = channels
        self._environ = environ
        self._token = token

    def executable(self) -> Path:
        """Return the Python that runs it."""
        return Path(sys.executable)

    def prepare(self) -> None:
        """Write the files that it reads."""
        (self.folder / "channels").write_text("# of a test\n" + "\n".join(self._channels))
        if self._token:
            (self.folder / "token").write_text(self._token)

    def command(self) -> list[str]:
        """Return the command line."""
        token = ["--token-file", str(self.folder / "token")] if self._token else []
        variables = [f"{name}={value}" for name, value in self._environ.items()]
        program = [str(self.executable()), "-m", "locust_push", "bridge"]
        channels = ["--notify-file", str(self.folder / "channels")]
        return ["env", *variables, *program, "--listen", self.address, *channels, *token]
