"""The greenlets of one run in one process: one that ticks, those that deliver, and one that closes the run.

Each greenlet gives way wherever it waits, and the ticking one between two steps of the pipeline as well, since users
under test run in the same thread.
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
        """Drive all of these.

        Args:
            pipeline: Asked for a tick whenever one is due.
            timeline: Says when one is due.
            deliveries: Deliver what it makes.
            closing: Its steps end the run.
            faults: Contains those of the greenlets, of which the ticking one is started again.
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
        """Whether the run is closed, too."""
        return self._closer is not None and bool(self._closer.ready())

    def start(self) -> None:
        """Start the greenlets; in the process that runs the users, so after any fork."""
        SHIELD.put_up()
        self._shielded = True
        self._deliveries.start()
        self._ticking.start()

    def finish(self) -> None:
        """Take the last snapshot and begin to close the run. Waits for nothing; calls after the first do nothing."""
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
        """Finish after ``seconds``, unless that is done before."""
        Greenlet.spawn_later(seconds, self._faults.guarded(self.finish))

    def wait(self) -> None:
        """Wait until the run is closed, which takes little longer than the flush timeout.

        A first Ctrl-C meanwhile is answered with how long it may take, a second one gives up at once. (Locust itself
        sends one to the workers of ``--processes`` that are still there three seconds after their master has ended.)
        """
        if self._closer is None:
            return
        interrupts, leaving = 0, None
        while not self._closer.ready():
            try:  # around all of it: the next Ctrl-C may come while the last one is answered
                if interrupts == 1:
                    left = self._deliveries.seconds_left()
                    logger.warning("locust-push: still delivering, for %.0f s at most; Ctrl-C again gives up", left)
                elif interrupts:
                    self._closer.kill(block=False)
                    self._deliveries.cut_off()
                self._closer.join()
            except KeyboardInterrupt:
                interrupts += 1
            except SystemExit as error:  # of a user who leaves by sys.exit, and takes nobody's results along
                leaving = error
        if self._closer.value is not True:
            # It was interrupted, and not this greenlet: what it had not given up yet is still to be spooled.
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
        """Neither tick nor deliver nor close, and touch nothing: for a forked child, whose parent does that."""
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
