"""The receiver answers with errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from locust_push.testing import Head, Step, accept, answer
from tests.faults.lanes import remote_write_only
from tests.faults.stage import Stage, assert_survived, run_end_to_exit

TOO_LARGE = 1500
"""Bytes: about half of what a push comes to here."""


def test_bursts_of_server_errors(stage: Stage) -> None:
    """Each error is retried, and nothing is lost."""
    stage.receiver.script(accept(), *map(answer, (500, 502, 503, 504)), accept(), *map(answer, (504, 503)))
    record, locust = stage.run("server-errors")
    assert not record.lost
    assert " 6 retries" in locust.output


def test_retry_after_in_seconds(stage: Stage) -> None:
    """During the ``Retry-After`` time nothing is sent, and then everything is delivered."""
    stage.receiver.script(answer(429, "slow down", headers={"Retry-After": "1"}))
    record, locust = stage.run("retry-after-seconds", "-t", "4s")
    assert not record.lost
    assert locust.output.count("http_429: slow down; will retry") == 1
    first, second, *_ = stage.receiver.requests
    assert second.time - first.time >= 1


def test_retry_after_as_a_date(stage: Stage) -> None:
    """``Retry-After`` as a date works like seconds."""
    dates: list[datetime] = []

    def until_a_date(_: Head) -> Step:
        # HTTP dates have no fractions: this one is 1 to 2 s ahead.
        dates.append((datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0))
        return answer(429, headers={"Retry-After": format_datetime(dates[0], usegmt=True)})

    stage.receiver.script(until_a_date)
    record, _ = stage.run("retry-after-date", "-t", "4s")
    assert not record.lost
    assert stage.receiver.requests[1].time >= dates[0].timestamp()


def test_one_bad_request_among_good_ones(stage: Stage) -> None:
    """A refused request is counted as lost, and totals stay right, since counters are cumulative."""
    stage.receiver.script(accept(), accept(), answer(400, "we do not like it"))
    record, locust = stage.run("bad-request")
    assert record.lost.keys() == {"http_400"}
    assert locust.output.count("refused, http_400: we do not like it") == 1
    assert record.after_replay is None


@remote_write_only
def test_requests_that_are_too_large(stage: Stage) -> None:
    """Refused requests are halved until they are small enough; nothing is lost."""

    def limited(head: Head) -> Step:
        return answer(413) if int(head.headers["content-length"]) > TOO_LARGE else accept()

    stage.receiver.default = limited
    record, _ = stage.run("too-large")
    assert not record.lost
    sizes = [len(request.body) for request in stage.receiver.requests]
    assert max(sizes) > TOO_LARGE
    assert max(sizes[-3:]) <= TOO_LARGE


def test_a_token_that_is_replaced(stage: Stage) -> None:
    """The token file is read again, and data that was refused before is kept until then: nothing is lost."""
    token = stage.folder / "token"
    token.write_text("old\n")

    def guarded(head: Head) -> Step:
        return accept() if head.headers.get("authorization") == "Bearer new" else answer(401, "who are you?")

    stage.receiver.default = guarded
    with stage.locust("-t", "3s", "--push-bearer-token-file", str(token)) as locust:
        locust.wait_for("http_401: who are you?")
        token.write_text("new\n")
        delay = run_end_to_exit(locust)
    record = stage.outcome("token-rotated", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost


@pytest.mark.parametrize("status", [302, 403, 404])
def test_a_way_that_is_wrong_for_a_while(stage: Stage, status: int) -> None:
    """A redirect, 403 or 404 of a proxy does not concern the data, which is kept."""
    stage.receiver.default = answer(status, "not here", headers={"Location": "http://elsewhere/"})
    with stage.locust("-t", "3s") as locust:
        locust.wait_for(f"http_{status}: not here")
        stage.receiver.default = accept()
        delay = run_end_to_exit(locust)
    record = stage.outcome(f"way-{status}", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost


MIMIR_RATE = "the tenant exceeded the ingestion rate limit (err-mimir-tenant-max-ingestion-rate)"
MIMIR_SERIES = "per-user series limit of 150000 exceeded (err-mimir-max-series-per-user)"


@remote_write_only
def test_the_limits_of_mimir(stage: Stage) -> None:
    """Mimir's 429 for the rate is retried, its 400 for too many series is counted as lost, both with its error text."""
    slow_down = answer(429, MIMIR_RATE, headers={"Retry-After": "1"})
    stage.receiver.script(accept(), slow_down, accept(), answer(400, MIMIR_SERIES), accept())
    record, locust = stage.run("mimir", "-t", "4s")
    assert record.lost.keys() == {"http_400"}
    assert "err-mimir-tenant-max-ingestion-rate" in locust.output
    assert "err-mimir-max-series-per-user" in locust.output
