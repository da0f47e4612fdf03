from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.queue import PayloadQueue
from tests.unit.delivery.fakes import payload


def test_order_is_kept() -> None:
    """Payloads leave in the order in which they came."""
    queue = PayloadQueue(100, newest_only=False)
    first, second = payload(1), payload(2)
    assert queue.put(first) == queue.put(second) == []
    assert queue.take() is first
    queue.ack()
    assert queue.take() is second


def test_the_oldest_are_displaced() -> None:
    """Beyond the limit the oldest payloads go, oldest first, and only as many as must."""
    queue = PayloadQueue(30, newest_only=False)
    old, older, new = payload(1), payload(2), payload(3, size=25)
    queue.put(old)
    queue.put(older)
    assert queue.put(new) == [old, older]
    assert (len(queue), queue.bytes) == (1, 25)


def test_a_payload_larger_than_the_limit_is_kept_alone() -> None:
    """A limit that is too low for one payload still lets the newest one through."""
    queue = PayloadQueue(10, newest_only=False)
    small, large = payload(1), payload(2, size=50)
    queue.put(small)
    assert queue.put(large) == [small]
    assert queue.take() is large


def test_what_is_on_the_wire_is_not_displaced() -> None:
    """A payload that is being attempted stays until its verdict; the next oldest goes in its place."""
    queue = PayloadQueue(20, newest_only=False)
    flying, waiting, new = payload(1), payload(2), payload(3)
    queue.put(flying)
    queue.put(waiting)
    assert queue.take() is flying
    assert queue.put(new) == [waiting]
    queue.ack()
    assert queue.take() is new


def test_a_failed_attempt_makes_it_displaceable_again() -> None:
    """After a failed attempt the payload is the oldest like any other, and the limit holds again."""
    queue = PayloadQueue(10, newest_only=False)
    flying, new = payload(1), payload(2)
    queue.put(flying)
    queue.take()
    assert queue.put(new) == []
    assert queue.nack() == [flying]
    assert queue.take() is new


def test_newest_only_coalesces() -> None:
    """With newest_only one payload waits, however much space there is."""
    queue = PayloadQueue(1000, newest_only=True)
    old, new = payload(1), payload(2)
    queue.put(old)
    assert queue.put(new) == [old]
    assert queue.take() is new


def test_newest_only_spares_what_is_on_the_wire() -> None:
    """A newer snapshot takes the place of the attempted one only after the attempt has failed."""
    queue = PayloadQueue(1000, newest_only=True)
    flying, new = payload(1), payload(2)
    queue.put(flying)
    queue.take()
    assert queue.put(new) == []
    assert queue.nack() == [flying]


def test_an_empty_queue_has_no_head() -> None:
    """Taking from an empty queue gives None, and a later payload is not taken for attempted."""
    queue = PayloadQueue(10, newest_only=False)
    assert queue.take() is None
    first, second = payload(1), payload(2)
    queue.put(first)
    assert queue.put(second) == [first]


def test_drain_empties() -> None:
    """Draining returns everything, the attempted payload included, oldest first."""
    queue = PayloadQueue(100, newest_only=False)
    payloads = [payload(1), payload(2)]
    for each in payloads:
        queue.put(each)
    queue.take()
    assert queue.drain() == payloads
    assert (len(queue), queue.bytes, queue.samples) == (0, 0, 0)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.sampled_from(["put", "take", "ack", "nack"]))))
def test_nothing_vanishes_and_the_limit_holds(steps: list[tuple[int, int, str]]) -> None:
    """Whatever happens: put = waiting + gone, the counts are right, and at most one payload exceeds the limit."""
    queue = PayloadQueue(100, newest_only=False)
    put, gone, taken = 0, 0, False
    for size, samples, step in steps:
        if step == "put":
            put += 1
            gone += len(queue.put(payload(put, size, samples)))
        elif step == "take":
            taken = queue.take() is not None
        elif taken:
            gone += len(queue.nack()) if step == "nack" else 1
            if step == "ack":
                queue.ack()
            taken = False
        assert put == len(queue) + gone
        assert queue.bytes <= 100 + 40 * taken
    waiting = (queue.bytes, queue.samples)
    rest = queue.drain()
    assert waiting == (sum(len(each.body) for each in rest), sum(each.samples for each in rest))
