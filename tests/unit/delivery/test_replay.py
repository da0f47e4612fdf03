from collections.abc import Iterable
from contextlib import nullcontext

import pytest

from locust_push.delivery.replay import ReplayDelivery, UndeliverableError
from locust_push.delivery.retry import Backoff
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict
from locust_push.testing import ManualClock
from locust_push.wire.payload import Payload
from tests.unit.delivery.fakes import ScriptedSink, Step, payload

DOWN = Retry("connection", "refused")
CLOSED = Retry("closed", "no answer")
TOO_OLD = Rejected("http_400", "out of bounds")
KNOWN = Delivered(known=True)


class Scene:
    """A delivery, a scripted receiver, and the messages meanwhile."""

    def __init__(self, script: Iterable[Step], deadline: float = 60.0) -> None:
        self.clock = ManualClock()
        self.sink = ScriptedSink(self.clock, script)
        self.told: list[str] = []
        self.refused: list[Payload] = []
        self.delivery = ReplayDelivery(
            backoff=Backoff(lambda: 1.0, first=1, longest=8),
            wait=lambda seconds: self.clock.advance(self.clock.now + seconds),
            monotonic=self.clock,
            deadline=deadline,
            waiting=lambda verdict: self.told.append(verdict.reason),
        )

    def deliver(self, one: Payload) -> None:
        """Have a payload delivered."""
        self.delivery.deliver(one, self.sink, lambda refused, _: self.refused.append(refused))


def test_an_attempt_that_may_succeed_later_is_repeated() -> None:
    """The waits are those of a run's backoff, and each is reported."""
    scene = Scene([DOWN, DOWN, DOWN])
    scene.deliver(payload(1, samples=5))
    assert [time for time, _ in scene.sink.attempts] == [0, 1, 3, 7]
    assert scene.delivery.tally.delivered == 5
    assert scene.told == ["connection"] * 3


def test_what_the_receiver_asks_for_is_heeded() -> None:
    """Retry-After lengthens the wait."""
    scene = Scene([Retry("http_429", "slow down", 30)])
    scene.deliver(payload(1))
    assert scene.sink.attempts[1][0] == 31


def test_it_ends_at_the_deadline() -> None:
    """Waiting never exceeds the deadline, and the error has the result of the last attempt."""
    scene = Scene([DOWN] * 100, deadline=10)
    with pytest.raises(UndeliverableError, match="connection: refused"):
        scene.deliver(payload(1))
    assert scene.clock.now == 10


def test_a_refusal_of_the_bearer_ends_it() -> None:
    """An error that every later request would have ends the replay."""
    scene = Scene([Retry("http_401", "who are you", needs_fix=True)])
    with pytest.raises(UndeliverableError, match="http_401: who are you"):
        scene.deliver(payload(1))
    assert scene.refused == []


def test_what_waiting_cannot_fix_is_not_waited_for() -> None:
    """An unreadable file is reported immediately, for the user to fix."""
    scene = Scene([Retry("secret", "no such file", needs_fix=True)])
    with pytest.raises(UndeliverableError, match="no such file"):
        scene.deliver(payload(1))
    assert scene.clock.now == 0


def test_what_the_receiver_has_is_no_failure() -> None:
    """Data that the receiver has already is counted separately."""
    scene = Scene([KNOWN])
    scene.deliver(payload(1, samples=5))
    assert (scene.delivery.tally.known, scene.delivery.tally.refused, scene.refused) == (5, 0, [])


def test_what_is_refused_is_handed_over_with_the_first_words_of_each_kind() -> None:
    """The next payload is attempted after a refusal."""
    scene = Scene([TOO_OLD, Rejected("http_400", "another text"), Rejected("http_422", "a label"), Delivered()])
    for number in range(4):
        scene.deliver(payload(number, samples=5))
    assert [one.timestamp_ms for one in scene.refused] == [0, 1, 2]
    assert scene.delivery.tally.reasons == {"http_400: out of bounds": 10, "http_422: a label": 5}
    assert scene.delivery.tally.samples == 20


def test_parts_of_what_is_too_large_are_delivered_in_order() -> None:
    """Halves are split again, each with its own verdict."""
    quarters = payload(1), payload(2)
    scene = Scene([Split((payload(3), payload(4))), Split(quarters), DOWN, Delivered(), TOO_OLD, Delivered()])
    scene.deliver(payload(0))
    assert [number for _, number in scene.sink.attempts] == [0, 3, 1, 1, 2, 4]
    assert (scene.delivery.tally.delivered, scene.delivery.tally.refused) == (2, 1)


@pytest.mark.parametrize(("other", "given_up"), [(Delivered(), True), (KNOWN, True), (CLOSED, False), (None, False)])
def test_a_payload_that_nobody_can_take_is_given_up(other: Verdict | None, given_up: bool) -> None:
    """A payload on which the receiver fails for minutes, while it accepts the next one, is stored as refused."""
    scene = Scene([], deadline=1000)

    class Receiver(ScriptedSink):
        """Fails at payload 1."""

        def attempt(self, one: Payload) -> Verdict:
            """Fail, or answer by the script."""
            super().attempt(one)
            return other or Delivered() if one.timestamp_ms == 2 else CLOSED

    receiver = Receiver(scene.clock)
    with nullcontext() if given_up else pytest.raises(UndeliverableError):
        scene.delivery.deliver(
            payload(1),
            receiver,
            lambda one, _: scene.refused.append(one),
            lambda: None if other is None else payload(2),
        )
    assert scene.refused == ([payload(1)] if given_up else [])
