"""What becomes of native histograms at receivers that do not take them."""

from collections.abc import Mapping

import pytest

from locust_push.delivery.answer import NO_HINTS, Hints
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict
from locust_push.outputs.remote_write import RemoteWriteSink
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version
from tests.unit.outputs.fakes import FakeTransport
from tests.unit.wire.messages import payloads_of
from tests.unit.wire.native import native, snapshot

URL = "http://host/api/v1/write"


class Answering(FakeTransport):
    """Answers every request the same."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Note the request."""
        super().send(method, url, body, headers, hints)
        return self.verdict


def native_sink(verdict: Verdict, version: Version = Version.V1) -> tuple[RemoteWriteSink, list[str]]:
    """A sink whose receiver answers so, and the calls that tell of a refusal."""
    calls: list[str] = []
    writer = RemoteWriteSink(
        URL,
        transport=Answering(verdict),
        encoder=RemoteWriteEncoder((), version),
        on_native_refused=lambda: calls.append("refused"),
    )
    return writer, calls


def native_payloads(writer: RemoteWriteSink) -> list[Payload]:
    """The payloads of a snapshot of one native histogram."""
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
    """Its words are enough, also where the status would have them tried again; it is told of once, with the remedy."""
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
    """A 2.0 receiver that reports success and no written histogram gets classic ones, too."""
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
    """An outage or one bad histogram changes nothing for the others."""
    writer, calls = native_sink(verdict)
    (payload,) = native_payloads(writer)
    assert writer.attempt(payload) == verdict
    assert calls == []
    assert len(native_payloads(writer)) == 1
