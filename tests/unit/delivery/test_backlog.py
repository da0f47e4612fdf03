from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.backlog import Backlog
from locust_push.delivery.delivery_log import DeliveryLog
from locust_push.delivery.ledger import DELIVERED, SPOOLED, SUPERSEDED, Ledger
from locust_push.delivery.queue import PayloadQueue
from locust_push.delivery.segment_file import SUFFIX
from locust_push.delivery.spool import NO_LIMIT, Spool
from locust_push.wire.payload import Payload
from tests.unit.delivery.disk import full_disk, no_descriptors, numbers
from tests.unit.delivery.fakes import payload


class Store:
    """A backlog and its collaborators."""

    def __init__(
        self,
        root: Path | None,
        *,
        limit_bytes: int = 30,
        newest_only: bool = False,
        spool_limit: int = NO_LIMIT,
    ) -> None:
        self.ledger = Ledger()
        self.spool = Spool(root / "R" / "host", {}, limit_bytes=spool_limit) if root else None
        queue = PayloadQueue(limit_bytes, newest_only=newest_only)
        self.backlog = Backlog(queue, self.spool, self.ledger, DeliveryLog("http://receiver"))

    def put(self, *numbers: int) -> None:
        """Put payloads of ten bytes and one sample."""
        for number in numbers:
            self.backlog.put(payload(number))

    def taken(self, count: int = 1000) -> Iterator[int]:
        """Take and acknowledge payloads; give their numbers."""
        while count and (taken := self.backlog.take()):
            yield taken.timestamp_ms
            self.backlog.ack()
            count -= 1

    def on_disk(self) -> list[int]:
        """Return the payloads that a replay would deliver."""
        return numbers(self.spool.folder) if self.spool else []

    def on_disk_so_far(self) -> list[int]:
        """Return the same if there may be no folder."""
        return self.on_disk() if self.spool and self.spool.folder.exists() else []

    def disk_bytes(self) -> int:
        """Return the size of all segments."""
        return sum(path.stat().st_size for path in self.spool.folder.glob(f"*{SUFFIX}")) if self.spool else 0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_what_does_not_fit_goes_to_the_spool(store: Store) -> None:
    """When memory is full, all payloads and later ones move to the disk; delivered ones are deleted."""
    store.put(0, 1, 2)
    assert (store.backlog.bytes, store.backlog.spooled_samples) == (30, 0)
    store.put(*range(3, 10))
    assert store.on_disk() == list(range(10))
    assert (store.backlog.bytes, store.backlog.spooled_samples) == (0, 10)
    assert list(store.taken()) == list(range(10))
    assert store.ledger.samples == {SPOOLED: 10}
    assert (store.backlog.bytes, store.backlog.spooled_samples) == (0, 0)
    assert store.spool is not None
    assert not store.spool.folder.parent.exists()


def test_the_same_payload_until_it_is_done_with(store: Store) -> None:
    """A payload is taken again until it is acknowledged, from memory or disk."""
    store.put(1, 2, 3, 4, 5)
    first = store.backlog.take()
    assert first is not None
    assert first is store.backlog.take()
    store.put(6)
    assert store.backlog.take() is first


def test_an_empty_backlog_gives_nothing(store: Store) -> None:
    """With nothing to deliver, None is taken."""
    assert store.backlog.take() is None


def test_what_is_being_attempted_is_on_the_disk_with_the_rest(store: Store) -> None:
    """The taken payload stays the first, and is on the disk before later ones."""
    store.put(1)
    store.backlog.take()
    store.put(2, 3, 4, 5, 6)
    assert store.on_disk() == [1, 2, 3, 4, 5, 6]
    assert list(store.taken()) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("waiting", [1, 8])
def test_parts_take_the_place_of_the_whole(store: Store, waiting: int) -> None:
    """A payload that is split, from memory or from the spool, is replaced by its parts, which can be split again."""
    store.put(*range(waiting))
    store.backlog.take()
    store.backlog.split((payload(-4), payload(-1)))
    store.backlog.take()
    store.backlog.split((payload(-3), payload(-2)))
    assert list(store.taken()) == [-3, -2, -1, *range(1, waiting)]


def test_giving_up_moves_everything_to_the_disk_in_order(store: Store) -> None:
    """Attempted, spooled and queued payloads are on the disk in order of time, parts included."""
    store.put(0)
    store.backlog.take()
    store.backlog.split((payload(1), payload(2)))
    store.put(3, 4, 5, 6, 7)
    store.backlog.give_up()
    assert store.on_disk() == [1, 2, 3, 4, 5, 6, 7]
    assert store.ledger.samples == {SPOOLED: 7}
    assert (store.backlog.bytes, store.backlog.spooled_samples) == (0, 7)


def test_giving_up_leaves_what_was_attempted_from_the_disk_on_it(store: Store) -> None:
    """A payload of the spool whose attempt was interrupted is on the disk once; delivered ones are not replayed."""
    store.put(0, 1, 2, 3, 4)
    assert list(store.taken(1)) == [0]
    store.backlog.take()
    store.backlog.give_up()
    assert store.on_disk() == [1, 2, 3, 4]


def test_giving_up_twice_changes_nothing(store: Store) -> None:
    """Giving up twice has no further effect."""
    store.put(0, 1, 2, 3, 4)
    store.backlog.take()
    store.backlog.give_up()
    store.backlog.give_up()
    assert store.on_disk() == [0, 1, 2, 3, 4]
    assert store.ledger.samples == {SPOOLED: 5}


class InterruptedSpool(Spool):
    """A disk whose third write is interrupted by Ctrl-C, once."""

    writes = 0

    def append(self, payload: Payload) -> None:
        """Write, or be interrupted."""
        self.writes += 1
        if self.writes == 3:
            raise KeyboardInterrupt
        super().append(payload)


def test_giving_up_can_be_interrupted_and_done_again(tmp_path: Path) -> None:
    """Data that was not on the disk when giving up was interrupted is there after the next call."""
    spool, ledger = InterruptedSpool(tmp_path / "R" / "host", {}), Ledger()
    backlog = Backlog(PayloadQueue(1000, newest_only=False), spool, ledger, DeliveryLog("http://receiver"))
    for number in range(6):
        backlog.put(payload(number))
    backlog.take()
    with pytest.raises(KeyboardInterrupt):
        backlog.give_up()
    backlog.give_up()
    assert numbers(spool.folder) == [0, 1, 2, 3, 4, 5]
    assert ledger.samples == {SPOOLED: 6}


def test_without_a_spool_the_oldest_are_lost(caplog: pytest.LogCaptureFixture) -> None:
    """Without a spool, payloads that do not fit, and remaining ones, are counted by reason and logged once."""
    store = Store(None)
    store.put(*range(8))
    store.backlog.take()
    store.backlog.give_up()
    assert store.ledger.samples == {"dropped_buffer": 5, "dropped_flush_timeout": 3}
    assert len(caplog.records) == 1


def test_a_failed_attempt_moves_everything_to_the_disk(store: Store) -> None:
    """After one failure all payloads are on the disk, and later ones follow until all are delivered."""
    store.put(0, 1)
    store.backlog.take()
    assert store.on_disk_so_far() == []
    store.backlog.failed()
    assert store.on_disk() == [0, 1]
    store.put(2)
    assert store.on_disk() == [0, 1, 2]
    assert list(store.taken(2)) == [0, 1]
    store.put(3)
    assert list(store.taken()) == [2, 3]
    store.put(4)
    assert store.on_disk_so_far() == []


def test_what_the_next_tick_finds_goes_to_the_disk(store: Store) -> None:
    """At the start of a tick waiting payloads are written, the one being attempted as well; normally there is none."""
    store.backlog.begin_tick()
    store.put(0, 1)
    store.backlog.take()
    store.backlog.begin_tick()
    assert store.on_disk() == [0, 1]
    assert list(store.taken()) == [0, 1]
    store.backlog.begin_tick()
    store.put(2)
    assert store.on_disk_so_far() == []


def test_parts_of_a_payload_stay_on_the_disk_as_a_whole(store: Store) -> None:
    """A payload of the spool is on the disk until its last part is delivered; no sample is counted twice."""
    store.backlog.put(payload(0, samples=7))
    store.backlog.take()
    store.backlog.failed()
    store.backlog.split((payload(0, samples=3), payload(1, samples=4)))
    store.backlog.ack()
    assert store.on_disk() == [0]
    assert store.backlog.spooled_samples == 4
    store.backlog.ack()
    assert store.on_disk_so_far() == []


def test_beyond_its_limit_the_spool_gives_up_the_oldest(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The disk holds no more than the limit; the newest payloads stay, and the others are counted by reason."""
    store = Store(tmp_path, spool_limit=200)
    store.backlog.put(payload(0))
    store.backlog.take()
    store.backlog.failed()
    for number in range(1, 50):
        store.put(number)
        assert store.disk_bytes() <= 200
    store.backlog.failed()
    left = store.on_disk()
    assert left == list(range(left[0], 50))
    assert len(left) > 3
    assert store.ledger.samples["dropped_spool_limit"] == 50 - len(left)
    assert list(store.taken()) == left
    assert [record.getMessage() for record in caplog.records] == [
        "http://receiver: the spool is full, the oldest data is dropped and counted; raise --push-spool-limit"
    ]


def test_what_is_with_the_receiver_is_not_lost_by_the_limit(tmp_path: Path) -> None:
    """A payload that is dropped from the disk during a successful attempt counts as delivered."""
    store = Store(tmp_path, spool_limit=200)
    store.put(0)
    store.backlog.take()
    store.backlog.failed()
    assert store.backlog.take() is not None
    store.put(*range(1, 50))
    assert list(store.taken(1)) == [0]
    left = store.on_disk()
    assert store.ledger.lost_samples == 49 - len(left)
    assert list(store.taken()) == left


def test_a_spool_that_fails_costs_what_does_not_fit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """If nothing can be written, payloads beyond memory are lost, counted and logged once, others delivered."""
    (tmp_path / "R").write_text("a file where the folder should be")
    store = Store(tmp_path)
    store.put(*range(8))
    assert list(store.taken(2)) == [5, 6]
    store.backlog.give_up()
    assert store.ledger.samples == {"dropped_spool": 6}
    first, second = [record.getMessage() for record in caplog.records]
    assert "the spool cannot be written: [Errno 20] Not a directory" in first
    assert "the oldest data is dropped" in second


def test_giving_up_on_a_full_disk_costs_what_does_not_fit(store: Store) -> None:
    """On a full disk, data that cannot be written is counted as lost, earlier data stays, and nothing is raised."""
    store.put(0, 1)
    store.backlog.take()
    store.backlog.failed()
    with full_disk():
        store.put(2, 3, 4)
        assert store.ledger.lost_samples == 0
        store.backlog.give_up()
    assert store.on_disk() == [0, 1]
    assert store.ledger.samples == {SPOOLED: 2, "dropped_spool": 3}


def test_a_damaged_record_costs_itself(store: Store) -> None:
    """An unreadable record of the spool is counted as lost, and the next one is taken."""
    store.put(*range(6))
    assert store.spool is not None
    path = store.spool.folder / "001000.segment"
    path.write_bytes(path.read_bytes().replace(b"..1", b".. "))
    assert list(store.taken()) == [0, 2, 3, 4, 5]
    assert store.ledger.samples == {SPOOLED: 6, "dropped_spool": 1}


@pytest.mark.parametrize(("left", "delivered"), [(0, []), (26, [0]), (60, [0, 1])])
def test_a_truncated_spool_costs_what_is_missing(store: Store, left: int, delivered: list[int]) -> None:
    """Missing or incomplete records are counted as lost."""
    store.put(*range(6))
    assert store.spool is not None
    path = store.spool.folder / "001000.segment"
    path.write_bytes(path.read_bytes()[:left])
    assert list(store.taken()) == delivered
    assert store.ledger.samples["dropped_spool"] == 6 - len(delivered)


def test_a_shortage_of_descriptors_costs_nothing(store: Store) -> None:
    """With too many open files the caller is asked to retry later; the spool is unchanged."""
    store.put(*range(6))
    with no_descriptors(), pytest.raises(OSError, match="Too many open files"):
        store.backlog.take()
    assert list(store.taken()) == list(range(6))
    assert store.ledger.lost_samples == 0


def test_newest_only_supersedes_after_a_failed_attempt(tmp_path: Path) -> None:
    """A newer snapshot replaces one whose attempt failed, but not one that is being sent."""
    store = Store(tmp_path, newest_only=True)
    store.put(1)
    store.backlog.take()
    store.put(2, 3)
    assert store.ledger.samples == {SUPERSEDED: 1}
    assert list(store.taken()) == [3]
    assert store.ledger.samples == {SUPERSEDED: 2}


def test_newest_only_leaves_the_newest(tmp_path: Path) -> None:
    """Of snapshots that replace each other one is written to the disk at the end."""
    store = Store(tmp_path, newest_only=True)
    store.put(1)
    store.backlog.take()
    store.put(2)
    store.backlog.give_up()
    assert store.on_disk() == [2]
    assert store.ledger.samples == {SUPERSEDED: 1, SPOOLED: 1}


class Model:
    """Tracks the expected outcome of each sample, which is identified by its number."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.put = 0
        self.delivered: list[int] = []

    def do(self, step: str, size: int) -> None:
        """Take one step of a random sequence."""
        if step == "put":
            self.store.backlog.put(replace(payload(self.put, size), samples=4))
            self.put += 4
        elif step == "put on a full disk":
            with full_disk():
                self.do("put", size)
        elif step == "tick":
            self.store.backlog.begin_tick()
        elif (taken := self.store.backlog.take()) and step == "fail":
            self.store.backlog.failed()
        elif taken and step == "ack":
            self.store.ledger.count(DELIVERED, taken.samples)
            self.delivered += range(taken.timestamp_ms, taken.timestamp_ms + taken.samples)
            self.store.backlog.ack()
        elif taken and step == "split" and taken.samples > 1:
            self.store.backlog.split(halves(taken))

    def waiting(self) -> int:
        """Samples in memory and on the disk."""
        front = self.store.backlog._front
        spooled_front = self.store.backlog._front_on_disk
        in_front = 0 if spooled_front else sum(each.samples for each in front)
        return in_front + self.store.backlog._queue.samples + self.store.backlog.spooled_samples


def halves(whole: Payload) -> tuple[Payload, Payload]:
    middle = whole.samples // 2
    return (
        payload(whole.timestamp_ms, len(whole.body), middle),
        payload(whole.timestamp_ms + middle, len(whole.body), whole.samples - middle),
    )


STEPS = ["put", "put", "put", "put on a full disk", "take", "ack", "ack", "split", "fail", "tick"]
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(4, 40)), max_size=60)


@given(steps, st.booleans(), st.booleans(), st.booleans())
def test_order_and_accounts_hold_whatever_happens(
    steps: list[tuple[str, int]], with_spool: bool, newest_only: bool, full_at_end: bool
) -> None:
    """In any sequence of steps, with any spool, the order is that of time, and each sample has exactly one outcome."""
    with TemporaryDirectory() as root:
        model = Model(Store(Path(root) if with_spool else None, limit_bytes=100, newest_only=newest_only))
        for step, size in steps:
            model.do("take" if newest_only and step == "split" else step, size)
            assert model.waiting() + gone(model.store.ledger) == model.put
            assert model.store.backlog.bytes <= 100 + 3 * 40
        if full_at_end:
            with full_disk():
                model.store.backlog.give_up()
        else:
            model.store.backlog.give_up()
        check_end(model)


def gone(ledger: Ledger) -> int:
    """Return samples that were delivered or dropped."""
    return ledger.lost_samples + ledger.samples[DELIVERED] + ledger.samples[SUPERSEDED]


def check_end(model: Model) -> None:
    store = model.store
    left = store.on_disk() if store.spool and store.spool.folder.exists() else []
    assert left == sorted(set(left)), "out of order, or twice"
    # A payload of which a part was delivered is on the disk as a whole.
    order = model.delivered + [number for number in left[1:] if model.delivered] or left
    assert order == sorted(set(order)), "out of order, or twice"
    assert store.backlog.bytes == 0
    assert store.backlog.spooled_samples + gone(store.ledger) == model.put
    assert bool(left) == bool(store.backlog.spooled_samples)
    reasons = Counter(reason for reason, count in store.ledger.lost_by_reason().items() if count)
    assert set(reasons) <= ({"spool"} if store.spool else {"buffer", "flush_timeout"})
