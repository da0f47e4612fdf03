import logging
from pathlib import Path

import pytest

from locust_push.delivery.delivery_log import MAX_OUTAGES, MAX_TEXTS
from locust_push.delivery.retry import LONGEST_FLUSH_PAUSE
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict
from tests.unit.delivery.fakes import Step
from tests.unit.delivery.stage import BAD, DOWN, WALL, Killed, Stage, die


def test_delivers_in_order() -> None:
    """What is put is delivered, in order, and counted in requests and samples."""
    stage = Stage()
    stage.put(1, 2, 3, samples=7)
    stage.run()
    assert stage.attempts() == [1, 2, 3]
    assert stage.ledger.samples == {"delivered": 21}
    assert stage.ledger.requests == {"delivered": 3}
    assert (stage.sender.queue_bytes, stage.sender.undelivered_samples) == (0, 0)


def test_opens_once_before_the_first_attempt() -> None:
    """The sink is opened once, by the loop and not by the constructor."""
    stage = Stage()
    assert stage.sink.opened == 0
    stage.put(1, 2)
    stage.run()
    assert stage.sink.opened == 1


def test_idle_waits_without_polling() -> None:
    """Without payloads there is one wait without a limit, which a put ends."""
    stage = Stage()
    stage.clock.at(50, lambda: stage.put(1))
    stage.run(end=100)
    assert stage.sink.attempts == [(50, 1)]
    assert stage.wake.waits == [None, None]


def test_retries_the_same_payload_with_backoff() -> None:
    """A payload is attempted until its verdict is final, after growing waits, and those behind it wait."""
    stage = Stage(DOWN, DOWN, DOWN)
    stage.put(1, 2)
    stage.run()
    assert stage.attempts() == [1, 1, 1, 1, 2]
    assert stage.times() == [0, 0.1, 0.3, 0.7, 0.7]
    assert stage.ledger.retries == 3
    assert stage.ledger.samples == {"delivered": 2}


def test_a_put_does_not_shorten_the_wait() -> None:
    """New data during the backoff causes no attempt and does not restart the wait."""
    stage = Stage(Retry("http_429", "slow down", after=30))
    stage.put(1)
    for second in (5, 10, 15):
        stage.clock.at(second, lambda: stage.put(2))
    stage.run()
    assert stage.times() == [0, 30.1, 30.1, 30.1, 30.1]


def test_backoff_starts_afresh_after_success() -> None:
    """After a success the wait is that of a first failure."""
    stage = Stage(DOWN, DOWN, Delivered(), DOWN)
    stage.put(1, 2)
    stage.run()
    assert stage.times() == [0, 0.1, 0.3, 0.3, 0.4]


def test_a_refused_payload_is_dropped_and_counted() -> None:
    """A permanent refusal affects only that payload."""
    stage = Stage(BAD)
    stage.put(1, 2, samples=5)
    stage.run()
    assert stage.attempts() == [1, 2]
    assert stage.ledger.samples == {"dropped_http_400": 5, "delivered": 5}
    assert stage.ledger.requests == {"dropped_http_400": 1, "delivered": 1}


def test_newest_only_sends_the_newest_after_a_failure() -> None:
    """With newest_only a failed snapshot is replaced by a newer one, which is not a loss."""
    stage = Stage(Retry("http_503", "wait", after=10), newest_only=True)
    stage.put(1)
    stage.clock.at(2, lambda: stage.put(2))
    stage.clock.at(4, lambda: stage.put(3))
    stage.run()
    assert stage.attempts() == [1, 3]
    assert stage.ledger.requests == {"superseded": 2, "delivered": 1}
    assert stage.ledger.lost_samples == 0


def test_newest_only_keeps_what_arrives_during_an_attempt() -> None:
    """A snapshot put during a successful attempt is delivered next; neither is counted twice."""

    def attempt_while_newer_ones_come() -> Verdict:
        stage.put(2, 3)
        return Delivered()

    stage = Stage(attempt_while_newer_ones_come, newest_only=True)
    stage.put(1)
    stage.run()
    assert stage.attempts() == [1, 3]
    assert stage.ledger.requests == {"delivered": 2, "superseded": 1}


def test_a_full_buffer_drops_the_oldest_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """Beyond the limit the oldest payloads are counted as dropped, with one log line for the whole run."""
    stage = Stage(DOWN, limit_bytes=30)
    stage.put(1, 2, 3, 4, 5)
    stage.run()
    assert stage.attempts() == [3, 3, 4, 5]
    assert stage.ledger.requests == {"dropped_buffer": 2, "delivered": 3}
    (line,) = messages(caplog, "the buffer is full")
    assert line.endswith("the oldest data is dropped; raise --push-buffer or name a --push-spool")


def test_an_outage_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """Each type of failure is one warning with the server's error text; the recovery has its length and the loss."""
    caplog.set_level(logging.INFO)
    stage = Stage(DOWN, DOWN, Retry("http_503", "starting up"), DOWN)
    stage.put(1, 2)
    stage.run()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "http://receiver/write: connection: Connection refused; will retry; the run continues"),
        ("WARNING", "http://receiver/write: http_503: starting up; will retry; the run continues"),
        ("INFO", "http://receiver/write: delivered again after 1.5 s; nothing lost"),
    ]


def test_a_recovery_tells_what_was_lost_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    """Data that the buffer dropped during an outage is in the line at its end."""
    caplog.set_level(logging.INFO)
    stage = Stage(Retry("http_503", "wait", after=10), limit_bytes=10)
    stage.put(1, samples=3)
    stage.clock.at(1, lambda: stage.put(2, 3, samples=3))
    stage.run()
    assert messages(caplog, "again") == ["http://receiver/write: delivered again after 10.1 s; 3 samples lost"]


def test_a_second_outage_is_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    """An outage after a recovery is logged again."""
    stage = Stage(DOWN, Delivered(), DOWN)
    stage.put(1, 2)
    stage.run()
    assert len(messages(caplog, "refused")) == 2


def test_flapping_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """After some outages further ones are only counted, and the log says so."""
    caplog.set_level(logging.INFO)
    flaps = MAX_OUTAGES + 5
    script: list[Step] = [DOWN, Delivered()]
    stage = Stage(*script * flaps)
    stage.put(*range(flaps))
    stage.run()
    assert len(messages(caplog, "refused")) == len(messages(caplog, "again")) == MAX_OUTAGES
    assert messages(caplog, "counted, not logged") == messages(caplog, "again")[-1:]
    assert stage.ledger.retries == flaps


def test_a_kind_of_refusal_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """Refusals are logged once per type in a run, with the server's error text, also with successes in between."""
    stage = Stage(BAD, Delivered(), BAD, Rejected("http_413", "too large"))
    stage.put(1, 2, 3, 4)
    stage.run()
    assert [record.getMessage() for record in caplog.records] == [
        "http://receiver/write: refused, http_400: out of order sample; dropped and counted; the run continues",
        "http://receiver/write: refused, http_413: too large; dropped and counted; the run continues",
    ]


def test_a_fault_in_the_sink_costs_one_payload(caplog: pytest.LogCaptureFixture) -> None:
    """An exception is logged once with its traceback, counted as internal, and the loop continues."""
    stage = Stage(RuntimeError("bug"), KeyError("bug"))
    stage.put(1, 2, 3)
    stage.run()
    assert stage.ledger.requests == {"dropped_internal": 2, "delivered": 1}
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_a_sink_that_does_not_open_is_still_used(caplog: pytest.LogCaptureFixture) -> None:
    """An exception in open is logged, and payloads are delivered nevertheless."""
    stage = Stage()
    stage.sink.open = broken  # type: ignore[method-assign] # the simplest sink that breaks its promise
    stage.put(1)
    stage.run()
    assert stage.ledger.requests == {"delivered": 1}
    assert len(caplog.records) == 1


def broken() -> None:
    raise RuntimeError("bug")


def test_a_kill_passes_and_loses_nothing(tmp_path: Path) -> None:
    """Killing the greenlet works, and the attempted payload is spooled before the waiting ones."""
    stage = Stage(die, folder=tmp_path / "spool")
    stage.put(1, 2)
    with pytest.raises(Killed):
        stage.run()
    stage.sender.give_up()
    assert stage.spooled() == [1, 2]


def test_finish_flushes_what_is_queued() -> None:
    """After finish the loop delivers the rest and ends, before the deadline."""
    stage = Stage()
    stage.put(1, 2)
    stage.sender.finish(deadline=10)
    stage.sender.run()
    assert stage.attempts() == [1, 2]
    assert stage.clock.now == 0
    stage.sender.give_up()
    assert stage.ledger.requests == {"delivered": 2}


def test_finish_ends_a_long_wait() -> None:
    """The end of a run interrupts the backoff: one attempt immediately, the next ones at most a second apart."""
    stage = Stage(*[Retry("http_503", "maintenance", after=300)] * 4)
    stage.put(1)
    stage.run(end=20)
    assert stage.times() == [0, 20, 21, 22, 23]
    assert stage.ledger.requests == {"delivered": 1}


def test_flush_retries_until_the_deadline_and_not_longer() -> None:
    """An unavailable receiver is tried to the end of the flush; the loop ends exactly at the deadline."""
    stage = Stage(*[DOWN] * 1000)
    stage.put(1)
    stage.run(end=100, flush=10)
    last = stage.times()[-1]
    assert 110 - LONGEST_FLUSH_PAUSE <= last < 110
    assert stage.clock.now == 110


def test_without_a_spool_what_is_given_up_is_lost() -> None:
    """Undelivered data is counted as dropped, once, even if it is given up repeatedly."""
    stage = Stage(*[DOWN] * 1000)
    stage.put(1, 2, 3, samples=4)
    stage.run(end=0)
    stage.sender.give_up()
    stage.sender.give_up()
    assert stage.ledger.samples == {"dropped_flush_timeout": 12}
    assert (stage.sender.queue_bytes, stage.sender.undelivered_samples) == (0, 12)


@pytest.mark.parametrize(("second", "end"), [(5, 5), (20, 10)])
def test_finish_can_only_be_brought_forward(second: float, end: float) -> None:
    """A second finish can move the deadline only to an earlier time."""
    stage = Stage(*[DOWN] * 1000)
    stage.put(1)
    stage.sender.finish(deadline=10)
    stage.clock.at(2, lambda: stage.sender.finish(deadline=second))
    stage.sender.run()
    assert stage.clock.now == end


def test_no_intake_after_finish() -> None:
    """Payloads after finish are counted as dropped and neither queued nor sent."""
    stage = Stage()
    stage.sender.finish(deadline=10)
    stage.put(1)
    stage.sender.run()
    assert stage.attempts() == []
    assert stage.ledger.requests == {"dropped_finished": 1}


def test_attempts_are_timed() -> None:
    """Every attempt counts with its duration, also failed ones."""

    def slow() -> Verdict:
        stage.clock.now += 2.5
        return DOWN

    stage = Stage(slow, slow)
    stage.put(1)
    stage.run()
    assert (stage.ledger.attempts, stage.ledger.send_seconds) == (3, 5.0)


def test_last_success_is_wall_clock_time() -> None:
    """The time of the last delivery is that of the wall clock; before the first one there is none."""
    stage = Stage()
    assert stage.ledger.last_success is None
    stage.clock.at(7, lambda: stage.put(1))
    stage.run()
    assert stage.ledger.last_success == WALL + 7


def messages(caplog: pytest.LogCaptureFixture, part: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if part in record.getMessage()]


def test_each_text_of_a_refusal_is_logged_but_for_its_numbers(caplog: pytest.LogCaptureFixture) -> None:
    """A second problem with the same status is logged as well, and a server whose texts vary does not fill the log."""
    texts = ["label a is bad at 17", "label a is bad at 18", "label b is bad", *(f"x{'y' * n}" for n in range(20))]
    stage = Stage(*(Rejected("http_400", text) for text in texts))
    stage.put(*range(len(texts)))
    with caplog.at_level(logging.WARNING):
        stage.run()
    assert len(caplog.records) == MAX_TEXTS
    assert [("18" in line, "label b" in line) for line in messages(caplog, "label")] == [(False, False), (False, True)]


def test_a_payload_that_was_taken_in_part_ends_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    """A refusal ends an outage: the receiver is available, which is logged, and counts as the last success."""
    stage = Stage(DOWN, Rejected("http_400", "half of it is bad", written=2))
    stage.put(1, samples=3)
    with caplog.at_level(logging.INFO):
        stage.run()
    assert stage.ledger.last_success == WALL + 0.1
    assert messages(caplog, "again") == ["http://receiver/write: delivered again after 0.1 s; 1 samples lost"]


def test_the_end_of_a_run_does_not_wait_for_somebody_to_fix_something(tmp_path: Path) -> None:
    """If something needs a fix, it is tried once more at the end; then all data goes to the spool."""
    wrong = Retry("http_401", "who are you?", needs_fix=True)
    stage = Stage(wrong, wrong, folder=tmp_path / "spool")
    stage.put(1, 2)
    stage.run(end=5)
    assert stage.times() == [0, 5]
    assert stage.clock.now == 5
    assert not stage.sender.trying
    assert stage.sender.queue_bytes
    stage.sender.give_up()
    assert stage.spooled() == [1, 2]


def test_what_somebody_fixed_is_delivered_at_the_end(tmp_path: Path) -> None:
    """The pause before the next attempt ends with the run."""
    stage = Stage(Retry("http_401", "who are you?", needs_fix=True), folder=tmp_path / "spool")
    stage.put(1, 2)
    stage.run(end=5)
    assert stage.times() == [0, 5, 5]
    assert stage.ledger.samples["delivered"] == 2


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Delivered({"Date": "Tue, 14 Nov 2023 20:13:20 GMT"}), "this machine's is 7,200 s ahead: samples"),
        (Rejected("http_400", "bounds", headers={"Date": "Wed, 15 Nov 2023 00:13:20 GMT"}), "is 7,200 s behind: "),
        (Delivered({"Date": "Tue, 14 Nov 2023 22:18:20 GMT"}), None),
        (Delivered({"Date": "soon"}), None),
    ],
)
def test_a_clock_that_is_wrong_is_reported_once(
    verdict: Verdict, words: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """By the date of the first answer; five minutes are none of our business."""
    stage = Stage(verdict, verdict)
    stage.put(1, 2)
    stage.run()
    found = [record.getMessage() for record in caplog.records if "by the receiver's clock" in record.getMessage()]
    assert len(found) == (words is not None)
    assert (words or "") in "".join(found)
    assert bool(stage.ledger.clock_skew) == (words is not None)
