"""The runs of one Locust environment, oldest first; the last one is kept for scrapes."""

from contextlib import suppress
from typing import TYPE_CHECKING

from locust.env import Environment
from locust.event import EventHook

from locust_push.results.model import CutShort

if TYPE_CHECKING:
    from locust_push.live.run import ActiveRun


class Runs:
    """Holds runs, and listens to events while they are in progress.

    Attributes:
        held: Runs that are in progress or being closed, and the last one.
        lacked: Whether required data of runs that are no longer held is undelivered.
        gate_failed: Whether one of these runs did not meet its gates.
    """

    def __init__(self, environment: Environment) -> None:
        self.held: list[ActiveRun] = []
        self.lacked = False
        self.gate_failed = False
        self._environment = environment

    def __repr__(self) -> str:
        return f"<Runs {self.held}>"

    @property
    def last(self) -> "ActiveRun | None":
        """The present run, or else the last one; None before the first."""
        return self.held[-1] if self.held else None

    @property
    def active(self) -> "list[ActiveRun]":
        """Those that are not finished."""
        return [run for run in self.held if not run.agent.finished]

    @property
    def open(self) -> "list[ActiveRun]":
        """Those that are not closed."""
        return [run for run in self.held if not run.agent.done]

    @property
    def settled(self) -> bool:
        """Whether all are closed."""
        return all(run.agent.done for run in self.held)

    @property
    def gate_met(self) -> bool | None:
        """Whether all runs met their gates; None without gates."""
        verdicts = [*([False] if self.gate_failed else []), *(run.closing.gate_met for run in self.held)]
        return None if set(verdicts) <= {None} else False not in verdicts

    @property
    def aborted(self) -> bool:
        """Whether a run was ended by ``--push-abort``."""
        return any(run.closing.aborted for run in self.held)

    def note_interruption(self) -> None:
        """Mark a run that is in progress, and would have ended later, as interrupted: the process is ending."""
        for run in self.active:
            if not run.description.over and run.description.ends_by_itself:
                run.description.cut_short = run.description.cut_short or CutShort.INTERRUPTED

    @property
    def lacking(self) -> bool:
        """Whether a run left data undelivered that ``--push-required`` covers."""
        return self.lacked or any(_lacks(run) for run in self.held)

    def begin(self, run: "ActiveRun") -> None:
        """Hold a run, and record every request from now on."""
        self._forget_closed()
        self.held.append(run)
        if run.recorder is not None:
            events = self._environment.events
            listen_first(events.request, run.recorder.on_request)
            listen_first(events.user_error, run.recorder.on_user_error)
        run.start()

    def finish(self, run: "ActiveRun") -> None:
        """Take the last snapshot of a run, start closing it, and stop listening; a second call does nothing."""
        if run.agent.finished:
            return
        run.finish()
        self._listen_no_more(run)

    def finish_if_complete(self, run: "ActiveRun") -> None:
        """Finish a run that is over and whose data is complete."""
        if run.description.over and run.complete:
            self.finish(run)

    def finish_active(self) -> None:
        """Finish all."""
        for run in self.active:
            self.finish(run)

    def make_way(self) -> None:
        """Finish all runs, since another one begins, except those that are over and wait for workers' last reports."""
        for run in self.held:
            if not run.description.over:
                self.finish(run)
            run.overtaken()

    def announce(self, code: int) -> None:
        """Note that the process ends with that exit code, unless ours differs."""
        for run in self.held:
            run.process_end.announce(code)

    def silence(self) -> None:
        """Drop all, in a forked child: they continue in its parent."""
        for run in self.held:
            run.agent.silence()
            self._listen_no_more(run)
        self.held = []

    def wait(self) -> None:
        """Wait until all are closed."""
        for run in self.held:
            run.agent.wait()

    def _listen_no_more(self, run: "ActiveRun") -> None:
        if run.recorder is not None:
            for hook, listener in (
                (self._environment.events.request, run.recorder.on_request),
                (self._environment.events.user_error, run.recorder.on_user_error),
            ):
                with suppress(ValueError):
                    hook.remove_listener(listener)

    def _forget_closed(self) -> None:
        """Keep only the results of closed runs: a web UI may make hundreds of runs."""
        closed = [run for run in self.held if run.agent.done]
        self.lacked = self.lacked or any(_lacks(run) for run in closed)
        self.gate_failed = self.gate_failed or any(run.closing.gate_met is False for run in closed)
        self.held = [run for run in self.held if run not in closed]


def _lacks(run: "ActiveRun") -> bool:
    return run.settings.required and bool(run.closing.undelivered or run.deliveries.undelivered_samples)


def listen_first(hook: EventHook, listener: object) -> None:
    """Add a listener in front of all others, since one that raises stops those after it."""
    handlers = getattr(hook, "_handlers", None)
    if isinstance(handlers, list):
        handlers.insert(0, listener)
    else:  # another version of Locust
        hook.add_listener(listener)
