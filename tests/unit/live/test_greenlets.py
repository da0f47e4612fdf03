"""Greenlets: yielding, and Ctrl-C, which interrupts the program rather than a greenlet."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.socket
import pytest

from locust_push.live.greenlets import InterruptShield, count_timers_from_now, give_way


def test_giving_way_lets_the_network_and_timers_have_their_turn() -> None:
    """Greenlets that wait for a socket or a timer run between two steps of a long sequence."""
    near, far = gevent.socket.socketpair()
    woken: list[str] = []
    waiting = [
        gevent.spawn(lambda: woken.append(f"network {near.recv(1)!r}")),
        gevent.spawn_later(0.0005, woken.append, "timer"),
    ]
    gevent.sleep(0)  # both wait now
    far.sendall(b"x")
    steps = 0
    while len(woken) < 2 and steps < 100:
        give_way()
        steps += 1
    gevent.joinall(waiting)
    near.close()
    far.close()
    assert steps <= 3, woken


def test_timers_count_from_now_after_work_that_let_the_loop_not_turn() -> None:
    """A timer that is started after long work waits for its whole time."""
    gevent.sleep(0)
    began = time.monotonic()
    while time.monotonic() - began < 0.05:
        pass
    count_timers_from_now()
    began = time.monotonic()
    timer = gevent.spawn_later(0.03, time.monotonic)
    assert timer.get() - began >= 0.03 - 0.001  # without it, it is due at once


@pytest.fixture
def shield() -> Iterator[InterruptShield]:
    """An active shield; SIGINT is handled as by Python below it, and restored after the test."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    shield = InterruptShield()
    shield.put_up()
    yield shield
    signal.signal(signal.SIGINT, before)


class Work:
    """A greenlet that is interrupted a number of times in a row, and records its progress."""

    def __init__(self, interrupts: int = 1) -> None:
        self.steps: list[str] = []
        self._interrupts = interrupts

    def __call__(self) -> None:
        """Work; Python handles a signal that is raised here before ``raise_signal`` returns."""
        for _ in range(self._interrupts):
            signal.raise_signal(signal.SIGINT)
        self.steps.append("on after the signal")
        give_way()
        self.steps.append("on after the program was interrupted")


def interrupted(wait: Callable[[], object]) -> bool:
    """Return whether Ctrl-C reaches the main greenlet, which waits here."""
    try:
        wait()
    except KeyboardInterrupt:
        return True
    return False


@pytest.mark.usefixtures("shield")
def test_ctrl_c_interrupts_the_program_and_not_the_greenlet_that_it_hits() -> None:
    """The program is interrupted when that greenlet yields, once, and the greenlet continues."""
    work = Work()
    greenlet = gevent.spawn(work)
    assert interrupted(greenlet.join)
    assert work.steps == ["on after the signal"]
    assert not interrupted(greenlet.join)
    assert greenlet.successful()
    assert len(work.steps) == 2


@pytest.mark.usefixtures("shield")
def test_each_ctrl_c_is_kept_out() -> None:
    """One interrupt after the other is passed on."""
    for _ in range(3):
        greenlet = gevent.spawn(Work())
        assert interrupted(greenlet.join)
        greenlet.join()
        assert greenlet.successful()


@pytest.mark.usefixtures("shield")
def test_a_greenlet_that_does_not_give_way_is_ended_by_a_second_ctrl_c(capfd: pytest.CaptureFixture[str]) -> None:
    """A second Ctrl-C works at once, even if a greenlet hangs."""
    work = Work(interrupts=2)
    greenlet = gevent.spawn(work)
    assert interrupted(greenlet.join)
    assert interrupted(give_way)  # by the first, which waited
    assert isinstance(greenlet.exception, KeyboardInterrupt)
    assert work.steps == []
    capfd.readouterr()  # gevent's word on it


@pytest.mark.usefixtures("shield")
def test_the_main_greenlet_is_interrupted_at_once() -> None:
    """In the main greenlet Ctrl-C works as without a shield."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_handler_of_before_is_called_and_comes_back() -> None:
    """A custom handler of SIGINT stays, with the exception that it raises."""
    calls: list[int] = []

    def theirs(number: int, _frame: object) -> None:
        calls.append(number)
        raise SystemExit(3)

    before = signal.signal(signal.SIGINT, theirs)
    try:
        shield = InterruptShield()
        shield.put_up()
        greenlet = gevent.spawn(Work())
        with pytest.raises(SystemExit, match="3"):
            greenlet.join()
        greenlet.join()
        assert greenlet.successful()
        assert calls == [signal.SIGINT]
        shield.take_down()
        assert signal.getsignal(signal.SIGINT) is theirs
    finally:
        signal.signal(signal.SIGINT, before)


def test_overlapping_runs_leave_nothing_behind(shield: InterruptShield) -> None:
    """In any order of their ends, the last user of the shield restores the previous handler."""
    for _ in range(3):  # beside the one that is up
        shield.put_up()
        shield.take_down()
    shield.put_up()
    ours = signal.getsignal(signal.SIGINT)
    shield.take_down()
    assert signal.getsignal(signal.SIGINT) == ours
    shield.take_down()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_after_stays(shield: InterruptShield) -> None:
    """A handler that was set during the run stays at its end."""

    def theirs(*_: object) -> None:
        """Do nothing."""

    signal.signal(signal.SIGINT, theirs)
    shield.take_down()
    assert signal.getsignal(signal.SIGINT) is theirs


def test_a_signal_that_is_ignored_stays_so(shield: InterruptShield) -> None:
    """An ignored SIGINT, as of a background process of a shell, stays ignored."""
    shield.take_down()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shield.put_up()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    shield.take_down()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_beside_the_main_thread_there_is_nothing_to_handle() -> None:
    """In another thread than the main one the shield does nothing."""
    before = signal.getsignal(signal.SIGINT)
    failures: list[Any] = []

    def put_up() -> None:
        try:
            InterruptShield().put_up()
        except ValueError as error:
            failures.append(error)

    thread = threading.Thread(target=put_up)
    thread.start()
    thread.join()
    assert failures == []
    assert signal.getsignal(signal.SIGINT) is before
