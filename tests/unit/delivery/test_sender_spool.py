from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict
from locust_push.wire.payload import Payload
from tests.unit.delivery.disk import full_disk, no_descriptors
from tests.unit.delivery.fakes import Step, payload
from tests.unit.delivery.stage import BAD, DOWN, Killed, Stage, die


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spools" / "R" / "host"


def down_until(end: float) -> Iterator[Step]:
    """Return a script of attempts that fail until a time, and succeed from then on."""
    failures = 0
    # The waits double from 0.1 s to 5 s, so that this is how many attempts are made until then.
    waited = 0.0
    while waited < end:
        waited += min(5.0, 0.1 * 2**failures)
        failures += 1
    return repeat(DOWN, failures)


def put_every(stage: Stage, seconds: int, until: int) -> list[int]:
    """Put a payload of 7 samples repeatedly; its number is the time."""
    times = list(range(0, until, seconds))
    for time in times:
        stage.clock.at(time, partial(stage.put, time, samples=7))
    return times


def test_an_outage_that_memory_cannot_hold_costs_nothing(folder: Path) -> None:
    """After 1,000 s without a receiver, of which memory holds 50 s, all is delivered in order and the spool is gone."""
    stage = Stage(*down_until(1000), limit_bytes=100, folder=folder)
    times = put_every(stage, 5, 2000)
    stage.run(end=2000)
    stage.sender.give_up()
    delivered = stage.attempts()[stage.ledger.retries :]
    assert delivered == times
    assert set(stage.attempts()[: stage.ledger.retries]) == {0}
    assert stage.ledger.samples["delivered"] == 7 * len(times)
    assert stage.ledger.samples["spooled"] > 7 * 180
    assert (stage.ledger.lost_samples, stage.sender.undelivered_samples) == (0, 0)
    assert not folder.parent.exists()


def test_an_outage_to_the_end_leaves_all_on_the_disk(folder: Path) -> None:
    """Undelivered data is in the spool in order after the flush, counted and not lost."""
    stage = Stage(*[DOWN] * 1000, limit_bytes=100, folder=folder)
    times = put_every(stage, 5, 1000)
    stage.run(end=1000)
    stage.sender.give_up()
    assert stage.clock.now == 1010
    assert stage.spooled() == times
    assert (stage.sender.spooled_samples, stage.sender.undelivered_samples) == (7 * len(times), 7 * len(times))
    assert stage.ledger.samples == {"spooled": 7 * len(times)}


@pytest.mark.parametrize("before", range(6))
def test_a_kill_during_any_attempt_loses_nothing(folder: Path, before: int) -> None:
    """If the process is killed while a payload is being sent, it and all later ones are on the disk, in order."""
    stage = Stage(*[Delivered()] * before, die, limit_bytes=30, folder=folder)
    stage.put(0, 1, 2, 3, 4, 5)
    with pytest.raises(Killed):
        stage.run()
    stage.sender.give_up()
    assert stage.spooled() == list(range(before, 6))
    assert stage.ledger.samples["delivered"] + stage.sender.spooled_samples == 6


def test_a_kill_among_the_parts_loses_nothing(folder: Path) -> None:
    """If it is killed while the second half is being sent, the payload is on the disk, and half of it counts."""
    halves = Split((payload(0, samples=3), payload(1, samples=4)))
    stage = Stage(halves, Delivered(), die, limit_bytes=20, folder=folder)
    stage.put(0, 2, 3, 4, samples=7)
    with pytest.raises(Killed):
        stage.run()
    stage.sender.give_up()
    assert stage.spooled() == [0, 2, 3, 4]
    assert stage.ledger.samples["delivered"] == 3
    assert stage.sender.spooled_samples == 4 + 3 * 7


def test_a_shortage_of_descriptors_is_waited_for(folder: Path) -> None:
    """While no file can be opened, the spool is retried after waits, and then delivered completely."""
    with ExitStack() as shortage:

        def run_short() -> Verdict:
            shortage.enter_context(no_descriptors())
            return Delivered()

        stage = Stage(run_short, limit_bytes=20, folder=folder)
        stage.put(0, 1, 2, 3, 4)
        stage.clock.at(1, shortage.close)
        stage.run()
    assert stage.attempts() == [0, 1, 2, 3, 4]
    assert stage.ledger.requests == {"spooled": 5, "delivered": 5}
    assert stage.ledger.retries == 4
    assert stage.times()[1] == 1.5


def test_a_full_disk_costs_what_does_not_fit(folder: Path) -> None:
    """Data that fits neither memory nor disk is lost by that reason, and the rest delivered in order."""
    stage = Stage(limit_bytes=30, folder=folder)
    with full_disk():
        stage.put(0, 1, 2, 3, 4)
    stage.put(5)
    stage.run()
    assert stage.attempts() == [2, 3, 4, 5]
    assert stage.ledger.requests == {"dropped_spool": 2, "spooled": 4, "delivered": 4}


class Halving:
    """A receiver with a size limit and temporary failures that records accepted samples."""

    url = "http://receiver/write"
    newest_only = False

    def __init__(self, script: list[Step], largest: int) -> None:
        self.script = chain(script, repeat(Delivered()))
        self.largest = largest
        self.taken: list[int] = []

    def open(self) -> None:
        """Do nothing."""

    def attempt(self, whole: Payload) -> Verdict:
        """Refuse large payloads, else follow the script."""
        if whole.samples > self.largest:
            half, start = whole.samples // 2, whole.timestamp_ms
            rest = payload(start + half, samples=whole.samples - half)
            return Split((payload(start, samples=half), rest))
        step = next(self.script)
        if isinstance(step, Exception):
            raise step
        assert not callable(step)
        if isinstance(step, Delivered):
            self.taken += range(whole.timestamp_ms, whole.timestamp_ms + whole.samples)
        return step


verdicts = st.sampled_from([Delivered(), Delivered(), DOWN, Retry("http_429", "slow", after=20), BAD, OSError("bug")])
arrivals = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 6)), max_size=30)


@given(st.lists(verdicts, max_size=40), arrivals, st.integers(1, 6), st.integers(10, 80))
def test_whatever_a_receiver_does_each_sample_is_accounted_for_and_in_order(
    script: list[Step], arrivals: list[tuple[int, int]], largest: int, limit: int
) -> None:
    """For any arrivals and answers, delivered and spooled data is in order, and the counts are exact."""
    with TemporaryDirectory() as root:
        receiver = Halving(script, largest)
        stage = Stage(limit_bytes=limit, folder=Path(root) / "R" / "host", receiver=receiver)
        put = 0
        for time, samples in sorted(arrivals):
            stage.clock.at(time, partial(stage.put, put, samples=samples))
            put += samples
        stage.run(end=300, flush=3)
        stage.sender.give_up()
        assert receiver.taken == sorted(set(receiver.taken))
        left = stage.spooled()
        assert left == sorted(set(left))
        # A payload of which a part was taken is on the disk as a whole.
        assert not left[1:] or not receiver.taken or receiver.taken[-1] < left[1]
        ledger = stage.ledger
        assert ledger.samples["delivered"] == len(receiver.taken)
        assert len(receiver.taken) + stage.sender.spooled_samples + ledger.lost_samples == put
        assert set(ledger.lost_by_reason()) <= {"http_400", "internal"}
        assert stage.sender.queue_bytes == 0


def test_one_series_that_is_too_large_costs_itself(folder: Path) -> None:
    """A part that cannot be halved and is refused is lost alone."""
    parts = Split((payload(0), payload(1)))
    stage = Stage(parts, Rejected("http_413", "too large"), folder=folder)
    stage.put(0, samples=2)
    stage.put(2)
    stage.run()
    assert stage.attempts() == [0, 0, 1, 2]
    assert stage.ledger.samples == {"dropped_http_413": 1, "delivered": 2}
