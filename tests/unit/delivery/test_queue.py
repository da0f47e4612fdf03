from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.queue import PayloadQueue
from tests.unit.delivery.fakes import payload


def test_order_is_kept() -> None:
    """Payloads leave in the order in which they came."""
    queue = PayloadQueue(100, newest_only=False)
    first, second = payload(1), payload(2)
    assert queue.put(first) == queue.put(second) == []
    assert [queue.pop(), queue.pop()] == [first, second]


def test_the_oldest_are_displaced() -> None:
    """Beyond the limit the oldest payloads are dropped, only as many as needed."""
    queue = PayloadQueue(30, newest_only=False)
    oldest, older, new = payload(1), payload(2), payload(3, size=25)
    queue.put(oldest)
    queue.put(older)
    assert queue.put(new) == [oldest, older]
    assert (len(queue), queue.bytes) == (1, 25)


def test_a_payload_larger_than_the_limit_is_kept_alone() -> None:
    """With a limit below one payload the newest one is still kept."""
    queue = PayloadQueue(10, newest_only=False)
    small, large = payload(1), payload(2, size=50)
    queue.put(small)
    assert queue.put(large) == [small]
    assert queue.pop() is large


def test_newest_only_coalesces() -> None:
    """With newest_only one payload waits, however much space is left."""
    queue = PayloadQueue(1000, newest_only=True)
    old, new = payload(1), payload(2)
    queue.put(old)
    assert queue.put(new) == [old]
    assert queue.pop() is new


def test_an_empty_queue_has_nothing_to_pop() -> None:
    """Popping from an empty queue returns None."""
    queue = PayloadQueue(10, newest_only=False)
    assert queue.pop() is None
    queue.put(payload(1))
    queue.pop()
    assert queue.pop() is None


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.booleans())), st.booleans())
def test_nothing_vanishes_and_the_limit_holds(steps: list[tuple[int, int, bool]], newest_only: bool) -> None:
    """In any sequence, all payloads come out once and in order, and counts and limits always hold."""
    queue = PayloadQueue(100, newest_only=newest_only)
    put, out = [], []
    for number, (size, samples, pops) in enumerate(steps):
        put.append(payload(number, size, samples))
        out += queue.put(put[-1])
        if pops and (popped := queue.pop()):
            out.append(popped)
        waiting = put[len(out) :]
        assert out + waiting == put
        assert len(queue) == len(waiting) <= (1 if newest_only else len(steps))
        assert (queue.bytes, queue.samples) == (sum(len(p.body) for p in waiting), sum(p.samples for p in waiting))
        assert queue.bytes <= 100
