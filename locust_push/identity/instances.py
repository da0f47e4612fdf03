"""Instances: the label ``instance`` of a process; no two processes ever write the same series. Pure.

Host names and process IDs repeat: containers are process 1, may share a host name, and are restarted under both. So do
names that a user gives to workers: all replicas may have one, and a restarted container has it again. So an instance
contains random characters for each life of a process, except for the name given to the master or local runner, of which
a run has only one.
"""

from collections.abc import Callable
from random import Random

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without l, o, 0 and 1, which are easily confused when an ID is typed."""

LIFE_CHARACTERS = 8
"""40 bits. Of a thousand workers that share host name and process ID, two get the same once in two million runs."""


def new_life(random: Random) -> str:
    """Return the random characters that identify one start of a process."""
    return "".join(random.choices(ALPHABET, k=LIFE_CHARACTERS))


class Instances:
    """The instances of one process, each used once in a run."""

    def __init__(self, draw: Callable[[], str]) -> None:
        """Use random characters from ``draw``, which is called on first use, since processes fork before."""
        self._draw = draw
        self._life: str | None = None
        self._used: set[tuple[str, str]] = set()

    def claim(self, run_id: str, name: str, *, alone: bool) -> str:
        """Return the instance for a run: ``<name>-<life>``, or the name itself if no other process can have it.

        A worker may leave a run and return. Its counters begin at 0 again, so that counts as a new life.
        """
        self._life = self._life or self._draw()
        instance = name if alone else f"{name}-{self._life}"
        while (run_id, instance) in self._used:
            instance = f"{name}-{self._draw()}"
        self._used.add((run_id, instance))
        return instance
