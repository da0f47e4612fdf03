"""Connections to the receiver that hang, break, are slow, or fail."""

from __future__ import annotations

import socket

import pytest

from locust_push.testing import Receiver, accept, hang, reset
from tests.faults import certificates
from tests.faults.cases import PUSHGATEWAY
from tests.faults.stage import Stage, assert_survived, run_end_to_exit


def test_no_answer_at_all(stage: Stage) -> None:
    """A receiver that never answers delays neither the run nor its end."""
    stage.receiver.default = hang()
    record, locust = stage.run("hang")
    assert record.after_run == 0
    assert not record.lost
    assert locust.output.count("timeout: no answer within 0.7 s; will retry") == 1


def test_no_answer_to_some_requests(stage: Stage) -> None:
    """An attempt ends with its timeout, and the next one succeeds."""
    stage.receiver.script(accept(), hang(), accept(), hang())
    record, _ = stage.run("hang-in-between", "-t", "3s")
    assert not record.lost


def test_resets_before_and_within_the_body(stage: Stage) -> None:
    """A request that was read in part is sent again."""
    stage.receiver.script(reset(read=0), reset(read=100), accept(), reset(read=0), reset(read=1000))
    record, _ = stage.run("reset-within")
    assert not record.lost


def test_resets_after_the_data_was_stored(stage: Stage) -> None:
    """A request that arrives twice changes no total, and is not reported as lost."""
    taken = reset(stored=True)
    stage.receiver.script(taken, taken, accept(), taken, accept(), taken)
    record, _ = stage.run("reset-after")
    assert not record.lost
    bodies = [request.body for request in stage.receiver.requests]
    if stage.lane.protocol != PUSHGATEWAY:
        assert bodies[0] == bodies[1] == bodies[2]
        assert len(set(bodies)) == len(bodies) - 4


def test_a_name_that_cannot_be_resolved(stage: Stage) -> None:
    """With an unresolvable host name the run continues, and a replay delivers."""
    record, locust = stage.run("dns", push_url=f"http://receiver.invalid{stage.lane.path}")
    assert locust.output.count("dns: ") == 1
    assert not record.lost


def test_the_first_address_leads_nowhere(stage: Stage) -> None:
    """The next one is tried within the same attempt, so that no push is late and nothing is lost."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        # Further connections to a listener whose queue is full are not answered.
        full.bind(("127.0.0.2", stage.receiver.port))
        full.listen(0)
        for waiting in (first, second):
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())
        url = f"http://two-addresses.invalid:{stage.receiver.port}{stage.lane.path}"
        with stage.locust("-t", "4s", push_url=url, locustfile="two_addresses.py") as locust:
            delay = run_end_to_exit(locust)
    record = stage.outcome("black-hole", locust, delay=delay)
    assert_survived(record, locust)
    assert record.after_replay is None
    assert not record.lost


def test_a_certificate_that_is_not_trusted(stage: Stage) -> None:
    """Nothing is sent to a server with an untrusted certificate; the log names the option to change."""
    with Receiver(tls=certificates.serving(certificates.good(stage.folder))) as receiver:
        record, locust = stage.run("tls", push_url=receiver.url + stage.lane.path)
        assert receiver.requests == []
    assert not record.lost
    assert "trust its CA with --push-tls-ca" in locust.output


def test_a_certificate_that_has_expired(stage: Stage) -> None:
    """Nothing is sent to a server with an expired certificate; the log has the reason, and a replay delivers."""
    pair = certificates.expired(stage.folder)
    with Receiver(tls=certificates.serving(pair)) as receiver:
        record, locust = stage.run("tls-expired", "--push-tls-ca", str(pair), push_url=receiver.url + stage.lane.path)
        assert receiver.requests == []
    assert not record.lost
    assert "certificate has expired" in locust.output


@pytest.mark.parametrize("known", [True, False])
def test_a_receiver_that_wants_a_certificate(stage: Stage, *, known: bool) -> None:
    """With a client certificate all data is delivered; without it the data is in the spool."""
    pair = certificates.good(stage.folder)
    client = ("--push-tls-cert", str(pair), "--push-tls-key", str(pair)) if known else ()
    with Receiver(tls=certificates.serving(pair, clients=pair), forward_to=stage.lane.server.url) as receiver:
        case, url = "mtls" if known else "mtls-without", receiver.url + stage.lane.path
        record, _ = stage.run(case, "--push-tls-ca", str(pair), *client, push_url=url)
    assert not record.lost
    assert (record.after_replay is None) == known


def test_a_receiver_that_reads_slowly(stage: Stage) -> None:
    """At 1 kB/s a push takes seconds; data that is undelivered at the end is on disk."""
    stage.receiver.default = accept(bytes_per_second=1000)
    with stage.locust("-t", "4s", "--push-timeout", "10s") as locust:
        delay = run_end_to_exit(locust)
    record = stage.outcome("slow", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost
