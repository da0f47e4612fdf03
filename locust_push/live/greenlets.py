"""Waiting in greenlets, and keeping Ctrl-C out of them."""

import contextlib
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

import gevent
from gevent.event import Event
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

_A_TURN = 0.001
"""Seconds; the shortest that event loops wait by."""


class InterruptShield:
    """Has Ctrl-C interrupt the program, and no greenlet that happens to run.

    Python raises ``KeyboardInterrupt`` in whichever greenlet runs when the signal comes, and gevent then ends that one
    before it hands it to the main greenlet, where Locust waits for it. A greenlet that delivers would leave the rest of
    the run undelivered; one that has taken observations out of a ring, and not yet counted them, would lose them; a
    user would lose the request that the target has just served. So when the signal comes in another greenlet than the
    main one, the handler that was there before is called as soon as that one gives way, with what it raises going to
    the main greenlet; and at once, when a second signal comes before it does.

    Each run has its own, which hands on to what it found: that may be the one of a run which it overlaps.
    """

    def __init__(self) -> None:
        self._before: Callable[[int, FrameType | None], Any] = signal.default_int_handler
        self._waiting = False

    def put_up(self) -> None:
        """Handle SIGINT where Python does: neither where it is ignored, nor in another thread than the main one."""
        before = signal.getsignal(signal.SIGINT)
        if not callable(before):
            return
        self._before = before
        with contextlib.suppress(ValueError):  # not the main thread, so that no signal interrupts what runs here
            signal.signal(signal.SIGINT, self._handle)

    def take_down(self) -> None:
        """Give SIGINT back to its handler of before, unless somebody else has taken it meanwhile."""
        if signal.getsignal(signal.SIGINT) == self._handle:
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
        except BaseException as error:  # noqa: BLE001  # KeyboardInterrupt, or what else the program wants to end by
            gevent.get_hub().handle_system_error(type(error), error)


class AttemptTimeout(gevent.Timeout):  # type: ignore[misc]  # gevent ships no types
    """What ends an attempt; a BaseException, so that no library takes it for a failure of its own."""


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
    """Bound a block in time, all that it waits for together.

    Raises:
        TimeoutError: from the ``with`` block, when the time is over.
    """
    return _TimeLimit(seconds)


def new_event() -> Event:
    """An event to wait for without holding up other greenlets."""
    return Event()


def native_thread(delay: float) -> Callable[[Callable[[], None]], object]:
    """What begins a call in a native thread after ``delay`` seconds, one call at a time; none may use gevent.

    A thread of its own: in those of the hub, host names are resolved, and a disk that hangs would hold that up.
    """
    # One more than is needed: to wait for a thread that is about to end would let other greenlets run.
    pool, sleep = ThreadPool(2), get_original("time", "sleep")

    def after_a_while(work: Callable[[], None]) -> None:
        sleep(delay)
        work()

    return lambda work: pool.spawn(after_a_while, work)


def give_way() -> None:
    """Let every other greenlet run that is ready, and every one that waits for a timer or the network.

    ``gevent.sleep(0)`` would only let those run that are ready already, and then come back, before the event loop looks
    at the network again: a hundred steps in a row would hold up every user for as long as all of them take.
    """
    gevent.sleep(_A_TURN)
