"""The greenlets of one run in one process: one that ticks, and one per ``--push-url`` that delivers.

Each greenlet gives way wherever it waits, and the ticking one between two steps of the pipeline as well, since users
under test run in the same thread.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from gevent import Greenlet, joinall, killall

from locust_push.delivery.sender import Sender
from locust_push.live.greenlets import InterruptShield, give_way, new_event
from locust_push.live.pipeline import Pipeline
from locust_push.live.timeline import Timeline

logger = logging.getLogger(__name__)


class Agent:
    """Ticks and delivers, from :meth:`start` until :meth:`finish` and the end of the flush that it begins."""

    def __init__(
        self,
        pipeline: Pipeline,
        timeline: Timeline,
        senders: Sequence[Sender],
        *,
        flush_timeout: float,
        closed: Callable[[], None],
    ) -> None:
        """Drive ``pipeline`` and ``senders``.

        Args:
            pipeline: Asked for a tick whenever one is due.
            timeline: Says when one is due.
            senders: Each is run in a greenlet of its own.
            flush_timeout: The longest that the end of the run waits for undelivered data, seconds.
            closed: Called once, after the flush.
        """
        self._pipeline = pipeline
        self._timeline = timeline
        self._senders = senders
        self._flush_timeout = flush_timeout
        self._closed = closed
        self._shield = InterruptShield()
        self._stopping = new_event()
        self._deadline = float("inf")
        self._deliveries: list[Greenlet] = []
        self._closer: Greenlet | None = None

    def __repr__(self) -> str:
        return f"<Agent {'finished' if self.finished else 'running'} {[*self._senders]}>"

    @property
    def finished(self) -> bool:
        """Whether :meth:`finish` was called."""
        return bool(self._stopping.is_set())

    @property
    def done(self) -> bool:
        """Whether the flush is over, too."""
        return self._closer is not None and bool(self._closer.ready())

    @property
    def undelivered_samples(self) -> int:
        """Samples that some receiver does not have, lost or spooled; final after :meth:`wait`."""
        return sum(sender.undelivered_samples for sender in self._senders)

    def start(self) -> None:
        """Start the greenlets; in the process that runs the users, so after any fork."""
        self._shield.put_up()
        self._deliveries = [Greenlet.spawn(sender.run) for sender in self._senders]
        Greenlet.spawn(self._tick_until_stopped)

    def finish(self, before_last: Callable[[], None]) -> None:
        """Take the last snapshot and begin the final flush. Waits for nothing; calls after the first do nothing.

        ``before_last`` adds what is only known at the end.
        """
        if self.finished:
            return
        self._stopping.set()
        self._deadline = time.monotonic() + self._flush_timeout
        try:
            self._pipeline.finish(before_last)
        finally:  # Ctrl-C may come now; what is queued is delivered all the same
            for sender in self._senders:
                sender.finish(self._deadline)
            self._closer = Greenlet.spawn(self._close)

    def alongside(self, work: Callable[[], object]) -> None:
        """Do something while the final flush goes on; when the time of that is over, it is cut off."""
        self._deliveries.append(Greenlet.spawn(work))

    def later(self, seconds: float, steps: Callable[[], Iterator[None]]) -> None:
        """Begin some work after so many seconds, and give way between its steps."""
        Greenlet.spawn_later(seconds, lambda: self._in_steps(steps()))

    def finish_later(self, seconds: float, before_last: Callable[[], None]) -> None:
        """Finish after so many seconds, unless that is done before."""
        Greenlet.spawn_later(seconds, self.finish, before_last)

    def wait(self) -> None:
        """Wait until all is delivered or the flush timeout is over; what is left is then given up and counted.

        A first Ctrl-C meanwhile is answered with how long it may take, a second one gives up at once. (Locust itself
        sends one to the workers of ``--processes`` that are still there three seconds after their master has ended.)
        """
        if self._closer is None:
            return
        interrupts = 0
        while not self._closer.ready():
            try:  # around all of it: the next Ctrl-C may come while the last one is answered
                if interrupts == 1:
                    left = max(0.0, self._deadline - time.monotonic())
                    logger.warning("locust-push: still delivering, for %.0f s at most; Ctrl-C again gives up", left)
                elif interrupts:
                    killall(self._deliveries)
                self._closer.join()
            except KeyboardInterrupt:
                interrupts += 1
        if not self._closer.successful():
            # It was interrupted, and not this greenlet: what it had not given up yet is still to be spooled.
            self._close()

    def _close(self) -> None:
        joinall(self._deliveries, timeout=max(0.0, self._deadline - time.monotonic()))
        killall(self._deliveries)
        for sender in self._senders:
            sender.give_up()
        self._closed()
        self._shield.take_down()

    def _tick_until_stopped(self) -> None:
        while not self._stopping.wait(self._timeline.seconds_to_next()):
            self._in_steps(self._pipeline.tick())

    def _in_steps(self, steps: Iterator[float | None]) -> None:
        for pause in steps:
            if pause:
                self._stopping.wait(pause)
            else:
                give_way()
