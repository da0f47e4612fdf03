"""The exit code of a process: the only place where it is decided, by Locust's rule and ours."""

from collections.abc import Callable
from typing import Any

from locust_push.live.greenlets import new_event

UNHANDLED = 2
"""Locust's exit code if one of its greenlets, or a listener to its events, ended with an exception."""

GATE_NOT_MET = 3
"""A ``--push-gate`` was not met, and Locust's own exit code would be 0."""

UNDELIVERED = 4
"""``--push-required`` was given, and something is undelivered."""


def locust_exit_code(environment: Any, *, unhandled: bool) -> int:
    """Return Locust's own exit code by the rule of its ``main.shutdown``, from its current state.

    Args:
        environment: Locust's.
        unhandled: Whether Locust has seen an unhandled exception.
    """
    if environment.process_exit_code is not None:
        return int(environment.process_exit_code)
    runner = environment.runner
    if runner is not None and (runner.errors or runner.exceptions):
        # If Locust is used as a library there may be no options; 1 is the default of this one.
        return int(getattr(environment.parsed_options, "exit_code_on_error", 1))
    return UNHANDLED if unhandled else 0


def exit_code(locust_code: int, *, undelivered: bool, gate_met: bool | None, aborted: bool = False) -> int:
    """Return the exit code of the process.

    Args:
        locust_code: The exit code without locust-push.
        undelivered: Whether data is undelivered that ``--push-required`` covers.
        gate_met: Whether every gate was met; None without gates.
        aborted: Whether ``--push-abort`` ended a run: this takes precedence over Locust's code for failed requests.
    """
    if undelivered:
        return UNDELIVERED
    return GATE_NOT_MET if aborted or (gate_met is False and not locust_code) else locust_code


class ProcessEnd:
    """Locust's own exit code, as one run determines it.

    It is final when all listeners to ``quitting`` have run. If the process continues after the run, as with a web UI,
    it is the code that the process would end with if it ended with the run.
    """

    def __init__(self, environment: Any, *, unhandled: Callable[[], bool], near: bool) -> None:
        """Read it from Locust's ``environment``.

        Args:
            environment: Locust's.
            unhandled: Returns whether Locust has seen an unhandled exception.
            near: Whether the process ends with the run, so that its exit code can be waited for.
        """
        self._environment = environment
        self._unhandled = unhandled
        self._at_the_end: int | None = None
        self._code: int | None = None
        self._settled = new_event()
        if not near:
            self._settled.set()

    def __repr__(self) -> str:
        return f"<ProcessEnd {'settled' if self._settled.is_set() else 'near'}, code {self._code}>"

    def note(self) -> None:
        """Note that the run is over, with the current exit code."""
        self._at_the_end = self._now()

    def announce(self, code: int) -> None:
        """Note that Locust's code is final; ours may differ."""
        self._code = code if self._code is None else self._code
        self._settled.set()

    def put_off(self) -> None:
        """Note that another run has begun, which Locust's objects describe from now on."""
        self.announce(self._now() if self._at_the_end is None else self._at_the_end)

    def wait(self, seconds: float) -> int:
        """Wait for the code, at most until the deadline; return it."""
        self._settled.wait(seconds)
        return self._now() if self._code is None else self._code

    def _now(self) -> int:
        return locust_exit_code(self._environment, unhandled=self._unhandled())
