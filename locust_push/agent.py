"""The greenlets of one run in one process: one that ticks, and one per ``--push-url`` that delivers.

The only file that imports gevent. Each greenlet gives way wherever it waits, and the ticking one between two steps of the
pipeline as well, since users under test run in the same thread.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import gevent
from gevent.event import Event

from locust_push.delivery.ledger import Ledger
from locust_push.delivery.sender import Sender
from locust_push.pipeline import Pipeline
from locust_push.timeline import Timeline

logger = logging.getLogger(__name__)


class AttemptTimeout(gevent.Timeout):
    """What ends an attempt; a BaseException, so that no library takes it for a failure of its own."""


def time_limit(seconds: float) -> AbstractContextManager[None]:
    """Bound a block in time, all that it waits for together.

    Raises:
        TimeoutError: from the ``with`` block, when the time is over.
    """
    return _TimeLimit(seconds)


class _TimeLimit:
    def __init__(self, seconds: float) -> None:
        self._timeout = AttemptTimeout(seconds)

    def __enter__(self) -> None:
        self._timeout.start()

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        self._timeout.close()
        if error is self._timeout:
            raise TimeoutError from None


class Agent:
    """Ticks and delivers, from :meth:`start` until :meth:`finish` and :meth:`wait`."""

    def __init__(
        self, pipeline: Pipeline, timeline: Timeline, senders: Sequence[Sender], *, flush_timeout: float
    ) -> None:
        """Drive ``pipeline`` and ``senders``; the end of the run waits at most ``flush_timeout`` seconds for delivery."""
        self._pipeline = pipeline
        self._timeline = timeline
        self._senders = senders
        self._flush_timeout = flush_timeout
        self._stopping = Event()
        self._deadline = float("inf")
        self._ticker: gevent.Greenlet | None = None
        self._deliveries: list[gevent.Greenlet] = []

    def __repr__(self) -> str:
        return f"<Agent {'stopping' if self._stopping.is_set() else 'running'} {[*self._senders]}>"

    @property
    def finished(self) -> bool:
        """Whether :meth:`finish` was called."""
        return self._stopping.is_set()

    @property
    def ledgers(self) -> list[Ledger]:
        """What became of the payloads, a ledger per URL."""
        return [sender.ledger for sender in self._senders]

    def start(self) -> None:
        """Start the greenlets; in the process that runs the users, so after any fork."""
        self._ticker = gevent.spawn(self._tick_until_stopped)
        self._deliveries = [gevent.spawn(sender.run) for sender in self._senders]

    def finish(self, before_last: Callable[[], None]) -> None:
        """Take the last snapshot and begin the final flush. Waits for nothing; calls after the first do nothing.

        ``before_last`` adds what is only known at the end.
        """
        if self.finished:
            return
        self._stopping.set()
        self._pipeline.finish(before_last)
        self._deadline = time.monotonic() + self._flush_timeout
        for sender in self._senders:
            sender.finish(self._deadline)

    def wait(self) -> None:
        """Wait until all is delivered or the flush timeout is over; what is left is then given up and counted.

        A first Ctrl-C meanwhile is answered with how long it may take, a second one gives up at once.
        """
        try:
            self._join()
        except KeyboardInterrupt:
            left = max(0.0, self._deadline - time.monotonic())
            logger.warning("locust-push: still delivering, for %.0f s at most; Ctrl-C again gives up", left)
            try:
                self._join()
            except KeyboardInterrupt:
                logger.warning("locust-push: given up")
        gevent.killall(self._deliveries)
        for sender in self._senders:
            sender.give_up()

    def _join(self) -> None:
        gevent.joinall(self._deliveries, timeout=max(0.0, self._deadline - time.monotonic()))

    def _tick_until_stopped(self) -> None:
        while not self._stopping.wait(self._timeline.seconds_to_next()):
            for pause in self._pipeline.tick():
                # Even after a pause of 0 every other greenlet that is ready runs first.
                self._stopping.wait(pause) if pause else gevent.sleep(0)
