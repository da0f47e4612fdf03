"""Native histograms at receivers that do not accept them."""

from collections.abc import Mapping

import pytest

from locust_push.delivery.answer import NO_HINTS, Hints
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict
from locust_push.outputs.remote_write.refusals import already_has
from locust_push.outputs.remote_write.sink import RemoteWriteSink
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.version import Version
from tests.unit.outputs.fakes import FakeTransport
from tests.unit.outputs.fakes import snapshot as plain_snapshot
from tests.unit.wire.messages import payloads_of
from tests.unit.wire.native import native, snapshot

URL = "http://host/api/v1/write"


class Answering(FakeTransport):
    """Gives every request the same answer."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Record the request."""
        super().send(method, url, body, headers, hints)
        return self.verdict


def native_sink(verdict: Verdict, version: Version = Version.V1) -> tuple[RemoteWriteSink, list[str]]:
    """A sink whose receiver gives that answer, and the calls that report a refusal."""
    calls: list[str] = []
    writer = RemoteWriteSink(
        URL,
        transport=Answering(verdict),
        labels=(),
        only=version,
        on_native_refused=lambda: calls.append("refused"),
    )
    return writer, calls


def native_payloads(writer: RemoteWriteSink) -> list[Payload]:
    """Return the payloads of a snapshot of one native histogram."""
    return [payload for payload in payloads_of(writer.encode(snapshot(native(0.5)))) if payload.samples]


@pytest.mark.parametrize(
    "verdict",
    [
        Retry("http_500", "native histograms are disabled"),
        Rejected("http_400", "Native histograms are not supported by this tenant"),
        Rejected("http_422", "native-histogram ingestion not enabled"),
    ],
)
@pytest.mark.parametrize("version", list(Version))
def test_a_receiver_that_refuses_native_histograms_gets_none_any_more(
    verdict: Retry | Rejected, version: Version
) -> None:
    """The error text decides, also with statuses that are retried otherwise; it is logged once, with the fix."""
    writer, calls = native_sink(verdict, version)
    first, second = *native_payloads(writer), *native_payloads(writer)
    for payload in (first, second):
        refused = writer.attempt(payload)
        assert isinstance(refused, Rejected)
        assert refused.reason == "native_histograms"
        assert verdict.detail in refused.detail
        assert "--enable-feature=native-histograms" in refused.detail
        assert "--push-histogram classic" in refused.detail
    assert calls == ["refused"]
    assert native_payloads(writer) == []
    assert list(writer.end(snapshot(native(0.5)))) == []


def test_a_receiver_that_has_written_none_of_them_refuses_them() -> None:
    """A 2.0 receiver that reports success and no written histogram gets classic ones as well."""
    written = {"X-Prometheus-Remote-Write-Samples-Written": "0", "X-Prometheus-Remote-Write-Histograms-Written": "0"}
    writer, calls = native_sink(Delivered(headers=written), Version.V2)
    (payload,) = native_payloads(writer)
    refused = writer.attempt(payload)
    assert isinstance(refused, Rejected)
    assert (refused.reason, calls) == ("native_histograms", ["refused"])


@pytest.mark.parametrize(
    "verdict",
    [
        Retry("http_500", "out of memory"),
        Retry("http_503", "native histogram store is busy"),
        Rejected("http_400", "native histogram has 3 observations, but 4 in its buckets"),
    ],
)
def test_other_troubles_with_native_histograms_are_no_refusal(verdict: Retry | Rejected) -> None:
    """An outage or one invalid histogram does not affect the others."""
    writer, calls = native_sink(verdict)
    (payload,) = native_payloads(writer)
    assert writer.attempt(payload) == verdict
    assert calls == []
    assert len(native_payloads(writer)) == 1


def test_a_trouble_of_the_server_with_native_histograms_is_not_about_data_without_them() -> None:
    """A 5xx to a request without native histograms is retried, whatever its text."""
    said = Retry("http_500", "native histograms are disabled on this shard")
    writer, calls = native_sink(said)
    (payload,) = [one for one in payloads_of(writer.encode(plain_snapshot())) if one.samples]
    assert writer.attempt(payload) == said
    assert calls == []


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
    """Such refusals mean that the receiver has the data, with 400 and with Thanos' 409."""
    assert already_has(Rejected("http_400", words))
    assert already_has(Rejected("http_409", words))
    assert not already_has(Rejected("http_422", words))


@pytest.mark.parametrize(
    "words",
    ["out of bounds", "too old sample", "timestamp is too old (err-mimir-sample-timestamp-too-old)", "conflict"],
)
def test_words_that_do_not_say_that_it_is_there(words: str) -> None:
    """Other refusals, such as of data that is too old, do not count as known."""
    assert not already_has(Rejected("http_400", words))
