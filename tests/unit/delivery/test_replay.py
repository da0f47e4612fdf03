from collections.abc import Iterable

import pytest

from locust_push.delivery.backoff import Backoff
from locust_push.delivery.replay import ReplayDelivery, UndeliverableError
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split
from locust_push.outputs.remote_write import already_has, is_too_old
from locust_push.testing import ManualClock
from locust_push.wire.payload import Payload
from tests.unit.delivery.fakes import ScriptedSink, Step, payload

DOWN = Retry("connection", "refused")
TOO_OLD = Rejected("http_400", "out of bounds")
KNOWN = Rejected("http_400", "out of order sample")


class Scene:
    """A courier, a receiver that does as it is told, and what was said meanwhile."""

    def __init__(self, script: Iterable[Step], deadline: float = 60.0) -> None:
        self.clock = ManualClock()
        self.sink = ScriptedSink(self.clock, script)
        self.told: list[str] = []
        self.refused: list[Payload] = []
        self.courier = ReplayDelivery(
            already_has=already_has,
            backoff=Backoff(lambda: 1.0, first=1, longest=8),
            wait=lambda seconds: self.clock.advance(self.clock.now + seconds),
            monotonic=self.clock,
            deadline=deadline,
            waiting=lambda verdict: self.told.append(verdict.reason),
        )

    def deliver(self, one: Payload) -> None:
        """Have a payload delivered."""
        self.courier.deliver(one, self.sink, lambda refused, _: self.refused.append(refused))


def test_an_attempt_that_may_succeed_later_is_repeated() -> None:
    """With the waits of a run's backoff, each told."""
    scene = Scene([DOWN, DOWN, DOWN])
    scene.deliver(payload(1, samples=5))
    assert [time for time, _ in scene.sink.attempts] == [0, 1, 3, 7]
    assert scene.courier.tally.delivered == 5
    assert scene.told == ["connection"] * 3


def test_what_the_receiver_asks_for_is_heeded() -> None:
    """Retry-After lengthens the wait."""
    scene = Scene([Retry("http_429", "slow down", 30)])
    scene.deliver(payload(1))
    assert scene.sink.attempts[1][0] == 31


def test_it_ends_at_the_deadline() -> None:
    """Never later, and the error says what the last attempt came to."""
    scene = Scene([DOWN] * 100, deadline=10)
    with pytest.raises(UndeliverableError, match="connection: refused"):
        scene.deliver(payload(1))
    assert scene.clock.now == 10


def test_a_refusal_of_the_bearer_ends_it() -> None:
    """It would be repeated for all that is to come."""
    scene = Scene([Rejected("http_401", "who are you")])
    with pytest.raises(UndeliverableError, match="http_401: who are you"):
        scene.deliver(payload(1))
    assert scene.refused == []


@pytest.mark.parametrize("reason", ["secret", "request"])
def test_what_waiting_cannot_mend_is_not_waited_for(reason: str) -> None:
    """A file that cannot be read is for the user to fix, and is reported at once."""
    scene = Scene([Retry(reason, "no such file")])
    with pytest.raises(UndeliverableError, match="no such file"):
        scene.deliver(payload(1))
    assert scene.clock.now == 0


def test_what_the_receiver_has_is_no_failure() -> None:
    """It counts apart."""
    scene = Scene([KNOWN])
    scene.deliver(payload(1, samples=5))
    assert (scene.courier.tally.known, scene.courier.tally.refused, scene.refused) == (5, 0, [])


def test_what_is_refused_is_handed_over_with_the_first_words_of_each_kind() -> None:
    """The next payload has its own chance."""
    scene = Scene([TOO_OLD, Rejected("http_400", "another text"), Rejected("http_422", "a label"), Delivered()])
    for number in range(4):
        scene.deliver(payload(number, samples=5))
    assert [one.timestamp_ms for one in scene.refused] == [0, 1, 2]
    assert scene.courier.tally.reasons == {"http_400: out of bounds": 10, "http_422: a label": 5}
    assert scene.courier.tally.samples == 20


def test_parts_of_what_is_too_large_are_delivered_in_order() -> None:
    """Halves of halves as well, each with its own verdict."""
    quarters = payload(1), payload(2)
    scene = Scene([Split((payload(3), payload(4))), Split(quarters), DOWN, Delivered(), TOO_OLD, Delivered()])
    scene.deliver(payload(0))
    assert [number for _, number in scene.sink.attempts] == [0, 3, 1, 1, 2, 4]
    assert (scene.courier.tally.delivered, scene.courier.tally.refused) == (2, 1)


@pytest.mark.parametrize(
    "words",
    [
        "out of order sample",
        "duplicate sample for timestamp",
        "store locally for endpoint a:10901: add 1 samples: out of order sample",
        "rejected because out-of-order samples are not allowed (err-mimir-sample-out-of-order)",
        "the same timestamp, but a different value (err-mimir-sample-duplicate-timestamp)",
    ],
)
def test_words_of_receivers_that_have_it(words: str) -> None:
    """Prometheus and Mimir with 400, Thanos with 409."""
    assert already_has(Rejected("http_400", words))
    assert already_has(Rejected("http_409", words))
    assert not already_has(Rejected("http_422", words))


@pytest.mark.parametrize(
    "words",
    ["out of bounds", "too old sample", "timestamp is too old (err-mimir-sample-timestamp-too-old)", "conflict"],
)
def test_words_that_do_not_say_that_it_is_there(words: str) -> None:
    """What is too old is not there, as far as anybody can tell."""
    assert not already_has(Rejected("http_400", words))
    assert is_too_old(words) or words == "conflict"
