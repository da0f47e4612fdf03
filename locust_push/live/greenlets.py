"""Waiting in greenlets, and keeping Ctrl-C out of them."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

from locust_push.live.faults import Faults

_A_TURN = 0.001
"""Seconds; the shortest that event loops wait by."""

_THREADS = 2
"""Native threads of a run."""

_RESTART = 1.0
"""Seconds until a greenlet is started again, so that one that fails at once does not take all of the time."""


class InterruptShield:
    """Makes Ctrl-C interrupt the program, and not the greenlet that happens to run.

    Python raises ``KeyboardInterrupt`` in whichever greenlet runs when the signal comes, and gevent then ends that
    greenlet before it passes the exception to the main greenlet, where Locust waits for it. A greenlet that delivers
    would leave the rest of the run undelivered; one that has taken observations out of a ring, and not yet counted
    them, would lose them; a user would lose the request that the target has just served. So when the signal comes in
    another greenlet than the main one, the previous handler is called as soon as that one yields, with
    what it raises going to the main greenlet; and at once, when a second signal comes before it does.

    All runs of a process share :data:`SHIELD`: if runs overlapped, chained handlers would remain.
    """

    def __init__(self) -> None:
        self._before: Callable[[int, FrameType | None], Any] = signal.default_int_handler
        self._waiting = False
        self._holders = 0

    def put_up(self) -> None:
        """Handle SIGINT if Python does: not if it is ignored, and only in the main thread."""
        self._holders += 1
        if self._holders > 1:
            return
        before = signal.getsignal(signal.SIGINT)
        if not callable(before):
            return
        self._before = before
        with contextlib.suppress(ValueError):  # not the main thread, so that no signal interrupts what runs here
            signal.signal(signal.SIGINT, self._handle)

    def take_down(self) -> None:
        """When the last user removes the shield, restore the previous handler of SIGINT, unless another one was set."""
        self._holders -= 1
        if self._holders == 0 and signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        hub = gevent.get_hub()
        if gevent.getcurrent() is hub.parent or self._waiting:
            self._before(number, frame)
        else:
            self._waiting = True
            hub.loop.run_callback(self._hand_on, number)

    def _hand_on(self, number: int) -> None:
        self._waiting = False
        try:
            self._before(number, None)
        except BaseException as error:  # noqa: BLE001  # KeyboardInterrupt, or another exception that ends the program
            gevent.get_hub().handle_system_error(type(error), error)


SHIELD = InterruptShield()
"""The one of this process."""


class Kept:
    """A greenlet that is restarted if it ends early, because of an error or because it was killed."""

    def __init__(self, work: Callable[[], object], part: str, faults: Faults, is_over: Callable[[], bool]) -> None:
        """Do some work.

        Args:
            work: Runs until the end of the run.
            part: Its name in the log.
            faults: Counts and logs early ends.
            is_over: Returns whether it may end.
        """
        self._work = work
        self._part = part
        self._faults = faults
        self._is_over = is_over
        self.greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        """Start it, after any fork."""
        self.greenlet = gevent.spawn(self._work)
        self.greenlet.link(self._ended)

    def _ended(self, greenlet: gevent.Greenlet) -> None:
        if not self._is_over():
            self._faults.note(self._part, greenlet.exception or gevent.GreenletExit("killed"))
            gevent.spawn_later(_RESTART, self._restart)

    def _restart(self) -> None:
        if not self._is_over():
            self.start()


@contextlib.contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Do some work in a greenlet of its own as long as the block lasts."""
    greenlet = gevent.spawn(work)
    try:
        yield
    finally:
        greenlet.kill()


class AttemptTimeout(gevent.Timeout):  # type: ignore[misc]  # gevent ships no types
    """Ends an attempt; a BaseException, so that no library treats it as a failure of its own."""


class _TimeLimit:
    def __init__(self, seconds: float) -> None:
        self._timeout = AttemptTimeout(seconds)

    def __enter__(self) -> None:
        self._timeout.start()

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        self._timeout.close()
        if error is self._timeout:
            raise TimeoutError from None


def time_limit(seconds: float) -> AbstractContextManager[None]:
    """Bound the total time of a block.

    Raises:
        TimeoutError: from the ``with`` block, when the time is over.
    """
    return _TimeLimit(seconds)


def new_event() -> Event:
    """An event to wait for without holding up other greenlets."""
    return Event()


def new_lock() -> BoundedSemaphore:
    """A lock whose holder may wait for other greenlets."""
    return BoundedSemaphore()


def native_thread(delay: float) -> Callable[[Callable[[], None]], object]:
    """Return a function that starts calls in a native thread, each after ``delay`` seconds; none may use gevent.

    A separate thread: those of the hub resolve host names, which a hanging disk would block.
    """
    # One more than needed: waiting for a thread that is about to end would let other greenlets run.
    pool, sleep = ThreadPool(_THREADS), get_original("time", "sleep")
    for _ in range(_THREADS):
        # Started now, before there are users: it takes 1 ms, and 5 to 9 on a busy machine.
        pool.spawn(sleep, 0)

    def after_a_while(work: Callable[[], None]) -> None:
        sleep(delay)
        work()

    return lambda work: pool.spawn(after_a_while, work)


def count_timers_from_now() -> None:
    """Have timers that are started from now on count from now.

    gevent counts them from the time at which its loop last turned. Imports come after that: Locust's ``--run-time`` of
    three seconds, started then, is over after one on a busy machine, before there were users.
    """
    gevent.get_hub().loop.update_now()


def give_way() -> None:
    """Let every other greenlet run that is ready, and every one that waits for a timer or the network.

    ``gevent.sleep(0)`` would run only those that are ready already, and return before the event loop polls the network
    again: a hundred steps in a row would block every user for the sum of their durations.
    """
    gevent.sleep(_A_TURN)
