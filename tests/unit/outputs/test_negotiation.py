"""The choice of the remote-write version for a receiver, and the conversion of requests encoded before.

Remote-Write 2.0, sections "Required Written Response Headers", "Unsupported Request Content", "Invalid Samples",
"Partial Write" and "2.x vs 1.x Compatibility".
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from locust_push.core.series import Series
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import HttpAnswer
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split
from locust_push.outputs.remote_write.sink import ANSWER_PAUSES, RemoteWriteSink
from locust_push.outputs.remote_write.written import UNSUPPORTED, UNWRITTEN
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.encoder import EMPTY_REQUEST_V2, RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version, version_of
from tests.unit.delivery.stage import Stage
from tests.unit.outputs.receivers import (
    Answer,
    Receiver,
    answer,
    deliver,
    takes_both,
    takes_v1_and_says_so,
    takes_v1_silently,
    takes_v1_strictly,
    takes_v2_alone,
)
from tests.unit.wire.messages import Decoded, payloads_of
from tests.unit.wire.snapshots import COMMON, EXEMPLAR, NOW, SERIES, snapshot

URL = "http://host/api/v1/write"
V1, V2 = Version.V1, Version.V2
OF_1X = [takes_v1_and_says_so, takes_v1_silently, takes_v1_strictly]


def sink(receiver: Receiver, only: Version | None = None) -> RemoteWriteSink:
    return RemoteWriteSink(URL, transport=receiver, labels=COMMON, only=only)


def ticks(writer: RemoteWriteSink, number: int, first: int = 0) -> list[Payload]:
    """Return the payloads of a number of ticks, without the empty one that detects the version."""
    return [
        payload
        for tick in range(first, first + number)
        for payload in writer.encode(
            snapshot(known=4 * bool(tick), timestamp_ms=NOW + 5000 * tick, previous_ms=NOW + 5000 * (tick - 1))
        )
        if isinstance(payload, Payload) and payload.body != EMPTY_REQUEST_V2
    ]


TICKS = [NOW + 5000 * tick for tick in range(-1, 4)]
"""The timestamps of a counter in four ticks, its 0 included."""


def test_a_receiver_of_2_0_gets_2_0() -> None:
    """2.0 is tried first, and stays while the receiver reports what it has written (MUST NOT fall back on 2xx)."""
    receiver = Receiver(kind=takes_both)
    writer = sink(receiver)
    assert deliver(writer, ticks(writer, 4)) == [Delivered()] * 4
    assert receiver.versions == [V2] * 4
    assert receiver.times("requests_total") == TICKS


@pytest.mark.parametrize("kind", OF_1X)
def test_a_receiver_of_1_x_gets_1_0(kind: Answer) -> None:
    """After 415, 400, or 2xx without a report of written samples, the same payload is sent as 1.0."""
    receiver = Receiver(kind=kind)
    writer = sink(receiver)
    verdicts = deliver(writer, ticks(writer, 1))
    assert verdicts == [Delivered()]
    assert receiver.versions == [V2, V1]
    assert [one.name for one in receiver.stored] == [series.name for series in SERIES]
    assert receiver.stored[0].samples == [(NOW - 5000, 0.0, 0), (NOW, 3.0, 0)]


@pytest.mark.parametrize("kind", OF_1X)
def test_1_0_is_for_good(kind: Answer) -> None:
    """The choice is remembered: waiting requests are converted, later ones are 1.0, including markers."""
    receiver = Receiver(kind=kind)
    writer = sink(receiver)
    deliver(writer, ticks(writer, 2))
    later = [*ticks(writer, 2, first=2), *payloads_of(writer.end(snapshot(known=4, timestamp_ms=NOW + 15_000)))]
    assert {version_of(payload.body) for payload in later} == {V1}
    assert set(deliver(writer, later)) == {Delivered()}
    assert receiver.versions.count(V2) == 1
    assert receiver.versions[0] is V2
    assert receiver.times("requests_total") == [*TICKS, NOW + 15_001]


@pytest.mark.parametrize("kind", OF_1X)
def test_the_fallback_is_logged_once(kind: Answer, caplog: pytest.LogCaptureFixture) -> None:
    """One line has the fallback to 1.0, and the reason."""
    writer = sink(Receiver(kind=kind))
    with caplog.at_level(logging.INFO):
        deliver(writer, ticks(writer, 3))
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{URL}: does not support remote-write 2.0 (")
    assert record.getMessage().endswith("); using 1.0 from now on")


def test_metadata_follows_the_fallback() -> None:
    """The first tick that is encoded as 1.0 includes types and helps."""
    writer = sink(Receiver(kind=takes_v1_and_says_so))
    deliver(writer, ticks(writer, 1))
    assert [payload.samples for payload in ticks(writer, 1, first=1)] == [4, 0]


@pytest.mark.parametrize("spooled", [False, True], ids=["queued", "spooled"])
@pytest.mark.parametrize("kind", [*OF_1X, takes_both])
def test_what_waits_as_2_0_is_neither_lost_nor_moved(kind: Answer, spooled: bool, tmp_path: Path) -> None:
    """After an outage with data in queue and disk, all data arrives once and in order, with any version."""
    down = {"starting"}

    def sometimes(version: Version, series: list[Decoded]) -> HttpAnswer:
        return answer(503, "starting") if down else kind(version, series)

    receiver = Receiver(kind=sometimes)
    writer = sink(receiver)
    payloads = ticks(writer, 4)
    limit = len(payloads[0].body) if spooled else 1_000_000
    stage = Stage(receiver=writer, limit_bytes=limit, folder=tmp_path / "spool")
    for payload in payloads:
        stage.sender.put(payload)
    assert bool(stage.sender.spooled_samples) == spooled
    stage.clock.at(20, down.clear)
    stage.run(end=100)
    assert receiver.times("requests_total") == TICKS
    assert stage.ledger.samples["delivered"] == sum(payload.samples for payload in payloads)
    assert stage.sender.undelivered_samples == 0


@pytest.mark.parametrize("refusal", [answer(204), answer(415, "not accepted by this server")])
def test_a_receiver_that_stored_2_0_all_the_same_has_it_once(refusal: HttpAnswer) -> None:
    """It refuses the same samples in 1.0 as out of order, since it has them; this can happen with Prometheus 3.5."""

    def stores_all(version: Version, _: list[Decoded]) -> HttpAnswer:
        if version is Version.V2:
            return refusal
        return answer(400, "out of order sample") if len(receiver.versions) == 2 else answer(204)

    receiver = Receiver(kind=stores_all)
    writer = sink(receiver)
    assert deliver(writer, ticks(writer, 2)) == [Delivered(known=True), Delivered()]


def growing(*sizes: int) -> Iterator[Snapshot]:
    """Return snapshots of a number of counters, which are distinguished by their values."""
    series = [Series(SERIES[0].metric, (("number", f"{number}"),)) for number in range(max(sizes))]
    for tick, (known, size) in enumerate(pairwise((0, *sizes))):
        now = NOW + 5000 * tick
        yield Snapshot(now, now - 5000, series[:size], [1.0 + number for number in range(size)], known)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("sizes", [(5000, 5000), (30, 40, 2500, 2501)])
@pytest.mark.parametrize("kind", [*OF_1X, takes_both])
def test_the_first_answer_decides_before_the_rest_is_encoded(kind: Answer, sizes: tuple[int, ...], late: bool) -> None:
    """The rest of the first snapshot waits for it for a limited time; no series is missing or duplicated."""
    receiver = Receiver(kind=kind)
    writer = sink(receiver)
    waiting: list[Payload] = []
    encoded: list[Version] = []
    for one in growing(*sizes):
        for payload in writer.encode(one):
            if isinstance(payload, Payload):
                encoded.append(version_of(payload.body))
                waiting.append(payload)
            if not late:
                assert set(deliver(writer, waiting)) <= {Delivered()}
                waiting.clear()
    assert set(deliver(writer, waiting)) <= {Delivered()}
    taken = V2 if kind is takes_both else V1
    if taken is V1:
        assert receiver.versions.count(V2) == 1
    if not late:
        assert set(encoded[1:]) == {taken}
    found = [(dict(one.labels)["number"], at, value) for one in receiver.stored for at, value, _ in one.samples]
    expected = [
        (f"{number}", at, value)
        for tick, (known, size) in enumerate(pairwise((0, *sizes)))
        for number in range(size)
        for at, value in ((NOW + 5000 * tick, 1.0 + number), (NOW + 5000 * (tick - 1), 0.0))
        if value or number >= known
    ]
    assert sorted(found) == sorted(expected)


def test_waiting_for_the_first_answer_is_cheap_and_bounded() -> None:
    """A receiver that never answers causes a few increasing pauses, a quarter of a second in all."""
    steps = [*sink(Receiver(kind=takes_both)).encode(next(growing(5000)))]
    (first, second, *_) = (number for number, step in enumerate(steps) if isinstance(step, Payload))
    pauses = [step for step in steps[first + 1 : second] if not isinstance(step, Payload) and step]
    assert tuple(pauses) == ANSWER_PAUSES
    assert pauses == sorted(pauses)
    assert sum(pauses) == pytest.approx(0.25, rel=0.05)
    assert len(pauses) < 10


# What the receiver says that it has written


def test_a_partial_write_is_counted() -> None:
    """After a 400 the written samples are delivered and the others lost, with the server's error text."""
    writer = sink(Receiver(kind=lambda *_: answer(400, "out of order sample", samples=5, histograms=0)))
    (payload,) = ticks(writer, 1)
    verdict = writer.attempt(payload)
    assert verdict == Rejected("http_400", "out of order sample (5 of 7 samples written)", written=5)
    stage = Stage(receiver=writer)
    stage.sender.put(payload)
    stage.run(end=1)
    assert (stage.ledger.samples["delivered"], stage.ledger.samples["dropped_http_400"]) == (5, 2)
    assert stage.ledger.requests == {"dropped_http_400": 1}


def test_a_refusal_without_headers_is_of_all() -> None:
    """A missing header CAN mean 0 with 4xx; once 2.0 is known to be supported, a 400 is about the data."""
    said = iter([answer(204, samples=7), answer(400, "no")])
    writer = sink(Receiver(kind=lambda *_: next(said)))
    assert deliver(writer, ticks(writer, 2)) == [Delivered(), Rejected("http_400", "no")]


def test_success_for_a_part_is_no_success() -> None:
    """If a receiver reports success and fewer samples than sent, the difference is lost."""
    writer = sink(Receiver(kind=lambda *_: answer(200, samples=6)))
    assert deliver(writer, ticks(writer, 1)) == [
        Rejected(UNWRITTEN, "success, but not for all (6 of 7 samples written)", written=6)
    ]


def test_native_histograms_count_as_samples() -> None:
    """The written samples are the sum of both headers."""
    written = iter([answer(204, samples=7, histograms=0), answer(204, samples=0, histograms=4)])
    writer = sink(Receiver(kind=lambda *_: next(written)))
    payloads = [payload for payload in payloads_of(writer.encode(snapshot(native=2))) if payload.samples]
    assert [payload.samples for payload in payloads] == [7, 4]
    assert deliver(writer, payloads) == [Delivered(), Delivered()]


def test_1_0_says_nothing_and_need_not() -> None:
    """This MUST NOT be assumed of 1.0: success is success there."""
    writer = sink(Receiver(kind=takes_v1_silently), V1)
    assert deliver(writer, ticks(writer, 1)) == [Delivered()] * 2


def test_the_body_of_success_is_ignored() -> None:
    """Senders MUST ignore the body, and MUST treat any 2xx as success."""
    for status in (200, 204):
        writer = sink(Receiver(kind=lambda *_, status=status: answer(status, "error: all is lost", samples=7)))
        assert deliver(writer, ticks(writer, 1)) == [Delivered()]


def test_a_header_that_is_no_number_counts_as_none() -> None:
    """An invalid header counts as 0."""
    said = answer(204, samples=7)
    said.headers["X-Prometheus-Remote-Write-Samples-Written"] = "-7 or so"  # type: ignore[index]  # a dict, here
    writer = sink(Receiver(kind=lambda *_: said))
    assert deliver(writer, ticks(writer, 1)) == [Rejected(UNWRITTEN, "success, but not for all")]


# What does not lead to 1.0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_no_answer_about_the_version(status: int) -> None:
    """5xx MUST be retried, 429 may be: with the same request."""
    receiver = Receiver(kind=lambda *_: answer(status, "later"))
    writer = sink(receiver)
    (payload,) = ticks(writer, 1)
    assert writer.attempt(payload) == Retry(f"http_{status}", "later")
    assert writer.attempt(payload) == Retry(f"http_{status}", "later")
    assert receiver.versions == [V2, V2]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_other_refusals_are_no_answer_about_the_version(status: int) -> None:
    """Errors of the setup keep the same request until they are fixed."""
    receiver = Receiver(kind=lambda *_: answer(status, "no"))
    writer = sink(receiver)
    (verdict,) = deliver(writer, ticks(writer, 1))
    assert isinstance(verdict, Retry)
    assert (verdict.reason, verdict.needs_fix) == (f"http_{status}", True)
    assert receiver.versions == [V2]


def test_data_that_is_refused_in_both_versions_is_refused_once() -> None:
    """A 400 that is about the data remains one with 1.0; it is not repeated forever."""
    receiver = Receiver(kind=lambda *_: answer(400, "out of order"))
    writer = sink(receiver)
    assert deliver(writer, ticks(writer, 1)) == [Rejected("http_400", "out of order")]
    assert receiver.versions == [V2, V1]


def test_a_receiver_that_is_replaced_by_an_older_one() -> None:
    """A 415 counts also after 2.0 was accepted for a while."""
    receiver = Receiver(kind=takes_both)
    writer = sink(receiver)
    first, second = ticks(writer, 2)
    assert deliver(writer, [first]) == [Delivered()]
    receiver.kind = takes_v1_and_says_so
    assert deliver(writer, [second]) == [Delivered()]
    assert receiver.versions == [V2, V2, V1]


# --push-protocol


def test_2_0_can_be_fixed() -> None:
    """remote-write-2 never falls back: a 1.x receiver's refusal is final, with the reason."""
    for kind, words in (
        (takes_v1_and_says_so, "not accepted"),
        (takes_v1_silently, "without a report of what was written"),
    ):
        receiver = Receiver(kind=kind)
        writer = sink(receiver, V2)
        (verdict,) = deliver(writer, ticks(writer, 1))
        assert isinstance(verdict, Retry)
        assert (verdict.reason, verdict.needs_fix) == (UNSUPPORTED, True)
        assert words in verdict.detail
        assert receiver.versions == [V2]


def test_1_0_can_be_fixed() -> None:
    """remote-write-1 never tries 2.0."""
    receiver = Receiver(kind=takes_both)
    writer = sink(receiver, V1)
    assert deliver(writer, ticks(writer, 1)) == [Delivered()] * 2
    assert receiver.versions == [V1, V1]


def test_a_receiver_of_2_0_alone_survives_one_400_at_the_start() -> None:
    """The fallback after 400 was a guess: 415 to 1.0 goes back to 2.0, and nothing is lost."""
    first = {"stumbles"}

    def stumbles_once(version: Version, series: list[Decoded]) -> HttpAnswer:
        if first:
            first.clear()
            return answer(400, "not ready")
        return takes_v2_alone(version, series)

    receiver = Receiver(kind=stumbles_once)
    writer = sink(receiver)
    payloads = [payload for payload in payloads_of(writer.encode(snapshot())) if payload.samples]
    assert deliver(writer, payloads) == [Delivered()]
    assert deliver(writer, ticks(writer, 3, first=1)) == [Delivered()] * 3
    assert receiver.times("requests_total") == TICKS
    assert receiver.versions.count(V1) == 1


def test_a_server_that_takes_neither_version_keeps_its_data_until_it_is_one() -> None:
    """415 to both versions is a problem of the setup: two attempts at a time, and the version is detected again."""
    receiver = Receiver(kind=lambda *_: answer(415, "what?"))
    writer = sink(receiver)
    (payload,) = ticks(writer, 1)
    for _ in range(3):
        (verdict,) = deliver(writer, [payload])
        assert isinstance(verdict, Retry)
        assert (verdict.reason, verdict.needs_fix) == (UNSUPPORTED, True)
    assert len(receiver.versions) == 6
    receiver.kind = takes_v1_and_says_so
    assert deliver(writer, [payload]) == [Delivered()]


@pytest.mark.parametrize("kind", [*OF_1X, takes_both, takes_v2_alone])
def test_the_first_request_is_empty_and_settles_the_version(kind: Answer) -> None:
    """Nothing is encoded before the answer, so that nothing is encoded twice."""
    receiver = Receiver(kind=kind)
    writer = sink(receiver)
    steps = writer.encode(snapshot())
    question = next(steps)
    assert isinstance(question, Payload)
    assert (question.samples, version_of(question.body)) == (0, V2)
    deliver(writer, [question])
    rest = list(steps)
    assert not [step for step in rest if step in ANSWER_PAUSES]
    assert {version_of(one.body) for one in payloads_of(rest)} == {V1 if kind in OF_1X else V2}
    assert receiver.versions == [V2]
    assert receiver.stored == []


# Replays


def recorded(version: Version) -> list[Payload]:
    """Return payloads of an earlier run."""
    of = RemoteWriteEncoder(COMMON, version)
    return payloads_of(of.encode(snapshot(exemplars={0: EXEMPLAR}, native=1)))


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("kind", [*OF_1X, takes_both, takes_v2_alone])
@pytest.mark.parametrize("only", [None, V1, V2])
def test_a_recording_of_either_version_reaches_either_receiver(
    version: Version, kind: Answer, only: Version | None
) -> None:
    """Recorded data is delivered in a version that the receiver supports, unless the user fixed another one."""
    receiver = Receiver(kind=generous(kind))
    verdicts = deliver(sink(receiver, only), recorded(version))
    if (only, kind) == (V1, takes_v2_alone) or (only is V2 and version is V2 and kind in OF_1X):
        assert not receiver.stored
        assert {type(verdict) for verdict in verdicts} == {Rejected if kind is takes_v1_strictly else Retry}
        return
    assert set(verdicts) == {Delivered()}
    assert [one.name for one in receiver.stored] == [*(series.name for series in SERIES), "duration_seconds"]
    assert [len(one.samples) + len(one.histograms) for one in receiver.stored] == [2, 1, 2, 2, 2]


def generous(kind: Answer) -> Answer:
    """Return the type, with headers that report written histograms as well."""

    def answers(version: Version, series: list[Decoded]) -> HttpAnswer:
        said = kind(version, series)
        histograms = sum(len(one.histograms) for one in series)
        name = "X-Prometheus-Remote-Write-Histograms-Written"
        return replace(said, headers={**said.headers, name: str(histograms)}) if name in said.headers else said

    return answers


def test_an_answer_in_another_form_is_the_same_data() -> None:
    """The replacements of a payload have the same number of samples."""
    writer = sink(Receiver(kind=takes_v1_and_says_so))
    (payload,) = ticks(writer, 1)
    verdict = writer.attempt(payload)
    assert isinstance(verdict, Split)
    assert [(part.samples, part.timestamp_ms) for part in verdict.parts] == [(payload.samples, payload.timestamp_ms)]
