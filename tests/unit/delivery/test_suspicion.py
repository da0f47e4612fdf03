from functools import partial
from itertools import chain, repeat
from pathlib import Path

import pytest

from locust_push.delivery.suspicion import SUSPECTED_AFTER
from locust_push.delivery.verdict import Delivered, Retry, Verdict
from locust_push.wire.payload import Payload
from tests.unit.delivery.stage import DOWN, Stage

CLOSED = Retry("closed", "Remote end closed connection without response")


class Poisoned:
    """A receiver that always fails on one payload, and has temporary failures."""

    url = "http://receiver/write"
    newest_only = False

    def __init__(self, poison: int, *script: Verdict) -> None:
        self.poison = poison
        self.script = chain(script, repeat(Delivered()))
        self.taken: list[int] = []

    def open(self) -> None:
        """Nothing to prepare."""

    def attempt(self, payload: Payload) -> Verdict:
        """Fail, or accept it."""
        verdict = next(self.script)
        if payload.timestamp_ms == self.poison:
            return CLOSED
        if isinstance(verdict, Delivered):
            self.taken.append(payload.timestamp_ms)
        return verdict


@pytest.mark.parametrize("with_spool", [True, False])
def test_a_request_that_nobody_can_take_does_not_hold_up_the_others(tmp_path: Path, *, with_spool: bool) -> None:
    """After two minutes the payload is given up and counted as lost, and those behind it are delivered."""
    receiver = Poisoned(2)
    stage = Stage(receiver=receiver, folder=tmp_path / "R" / "host" if with_spool else None)
    for number in range(60):
        stage.clock.at(number * 5.0, partial(stage.put, number))
    stage.run(end=400)
    stage.sender.give_up()
    assert sorted(receiver.taken) == [number for number in range(60) if number != 2]
    assert stage.ledger.lost_by_reason() == {"undeliverable": 1}
    assert stage.sender.undelivered_samples == 1


@pytest.mark.parametrize("failure", [DOWN, CLOSED, Retry("http_503", "later"), Retry("http_502", "bad gateway")])
def test_an_outage_costs_nothing_and_keeps_the_order(tmp_path: Path, failure: Verdict) -> None:
    """However an unavailable receiver fails, nothing is given up, and all is delivered in order."""
    receiver = Poisoned(-1, *[failure] * 300)
    stage = Stage(receiver=receiver, folder=tmp_path / "R" / "host")
    for number in range(400):
        stage.clock.at(number * 5.0, partial(stage.put, number))
    stage.run(end=2500)
    assert receiver.taken == list(range(400))
    assert stage.ledger.lost_samples == 0


def test_a_single_request_is_tried_on(tmp_path: Path) -> None:
    """Without another request to try, a request is not given up."""
    stage = Stage(receiver=Poisoned(1), folder=tmp_path / "R" / "host")
    stage.put(1)
    stage.run(end=3 * SUSPECTED_AFTER)
    stage.sender.give_up()
    assert stage.spooled() == [1]
    assert stage.ledger.lost_samples == 0
