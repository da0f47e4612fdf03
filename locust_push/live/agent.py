"""The greenlets of one run in one process: one for the ticks, those that deliver, and one that closes the run.

Each greenlet yields wherever it waits, and the ticking one also between two steps of the pipeline, since users under
test run in the same thread.
"""

import logging
from collections.abc import Callable, Iterator

from gevent import Greenlet, sleep

from locust_push.live.closing import Closing
from locust_push.live.deliveries import Deliveries
from locust_push.live.faults import Faults
from locust_push.live.greenlets import SHIELD, Kept, give_way, new_event
from locust_push.live.pipeline import Pipeline
from locust_push.live.timeline import Timeline

logger = logging.getLogger(__name__)


class Agent:
    """Ticks and delivers, from :meth:`start` until :meth:`finish`, and then closes the run."""

    def __init__(
        self, pipeline: Pipeline, timeline: Timeline, deliveries: Deliveries, closing: Closing, faults: Faults
    ) -> None:
        """Run these parts.

        Args:
            pipeline: Makes a snapshot whenever a tick is due.
            timeline: Decides when a tick is due.
            deliveries: Deliver the payloads.
            closing: Its steps end the run.
            faults: Catches errors of the greenlets; the ticking one is restarted.
        """
        self._pipeline = pipeline
        self._timeline = timeline
        self._deliveries = deliveries
        self._closing = closing
        self._faults = faults
        self._shielded = False
        self._stopping = new_event()
        self._ticking = Kept(self._tick_until_stopped, "the ticking greenlet", faults, self._stopping.is_set)
        self._closer: Greenlet | None = None

    def __repr__(self) -> str:
        return f"<Agent {'finished' if self.finished else 'running'} {self._deliveries!r}>"

    @property
    def finished(self) -> bool:
        """Whether :meth:`finish` was called."""
        return bool(self._stopping.is_set())

    @property
    def done(self) -> bool:
        """Whether the run is closed as well."""
        return self._closer is not None and bool(self._closer.ready())

    def start(self) -> None:
        """Start the greenlets; in the process that runs the users, so after any fork."""
        SHIELD.put_up()
        self._shielded = True
        self._deliveries.start()
        self._ticking.start()

    def finish(self) -> None:
        """Take the last snapshot and start closing the run. Does not wait; calls after the first do nothing."""
        if self.finished:
            return
        self._stopping.set()
        steps = self._closing.steps()
        next(steps)
        self._closer = Greenlet.spawn(self._close, steps)
        if self._closing.interrupt:
            raise self._closing.interrupt

    def later(self, seconds: float, steps: Callable[[], Iterator[None]]) -> None:
        """Start some work after ``seconds``, and yield between its steps."""
        Greenlet.spawn_later(seconds, self._faults.guarded(lambda: self._in_steps(steps())))

    def finish_later(self, seconds: float) -> None:
        """Finish after ``seconds``, unless finished before."""
        Greenlet.spawn_later(seconds, self._faults.guarded(self.finish))

    def wait(self) -> None:
        """Wait until the run is closed, which takes slightly longer than the flush timeout.

        On a first Ctrl-C during that time, the remaining time is logged; a second one gives up at once. (Locust itself
        sends SIGINT to workers of ``--processes`` that are still running three seconds after their master has ended.)
        """
        if self._closer is None:
            return
        interrupts, leaving = 0, None
        while not self._closer.ready():
            try:  # around everything: the next Ctrl-C may come while the last one is handled
                if interrupts == 1:
                    left = self._deliveries.seconds_left()
                    logger.warning("locust-push: still delivering, for %.0f s at most; Ctrl-C again gives up", left)
                elif interrupts:
                    self._closer.kill(block=False)
                    self._deliveries.cut_off()
                self._closer.join()
            except KeyboardInterrupt:
                interrupts += 1
            except SystemExit as error:  # of a user that calls sys.exit; the results of others are still delivered
                leaving = error
        if self._closer.value is not True:
            # The closing greenlet was interrupted, not this one: payloads that it had not spooled are spooled now.
            self._closing.close()
            self._unshield()
        if leaving:
            raise leaving

    def _close(self, steps: Iterator[float]) -> bool:
        with self._faults.contained("closing the run"):
            self._in_steps(steps, wait=sleep)
        self._closing.close()
        self._unshield()
        return True

    def silence(self) -> None:
        """Stop ticking and delivering without closing anything: for a forked child, whose parent does that."""
        self._stopping.set()
        self._deliveries.silence()
        if self._closer is not None:
            self._closer.kill(block=False)

    def _unshield(self) -> None:
        if self._shielded:
            self._shielded = False
            SHIELD.take_down()

    def _tick_until_stopped(self) -> None:
        while not self._stopping.wait(self._timeline.seconds_to_next()):
            self._in_steps(self._pipeline.tick(), wait=self._stopping.wait)

    @staticmethod
    def _in_steps(steps: Iterator[float | None], wait: Callable[[float], object] = sleep) -> None:
        for pause in steps:
            if pause:
                wait(pause)
            else:
                give_way()
