"""Stand-ins for remote-write receivers: the answers of each type, and the data it stores by the official decoders."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from locust_push.delivery.answer import NO_HINTS, Hints, HttpAnswer, verdict_of
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict
from locust_push.outputs.remote_write.sink import RemoteWriteSink
from locust_push.outputs.remote_write.written import says_written
from locust_push.wire.payload import Pause, Payload
from locust_push.wire.remote_write.version import Version
from tests.unit.outputs.fakes import FakeTransport
from tests.unit.wire.messages import Decoded, payloads_of, series_v1, series_v2

_MEDIA_TYPE = "application/x-protobuf"
_TYPES = {
    _MEDIA_TYPE: Version.V1,
    f"{_MEDIA_TYPE};proto=prometheus.WriteRequest": Version.V1,
    f"{_MEDIA_TYPE};proto=io.prometheus.write.v2.Request": Version.V2,
}

Answer = Callable[[Version, list[Decoded]], HttpAnswer]
"""Answers of a type of receiver to a request of that version with these series."""


def answer(status: int, words: str = "", **written: int) -> HttpAnswer:
    """Return an answer; ``samples=3`` is the header with the number of written samples."""
    headers = {f"X-Prometheus-Remote-Write-{name.title()}-Written": str(count) for name, count in written.items()}
    return HttpAnswer(status, headers, words, words.encode(), complete=True)


def count(series: Iterable[Decoded]) -> int:
    """Return the samples of a request."""
    return sum(len(one.samples) for one in series)


def takes_both(version: Version, series: list[Decoded]) -> HttpAnswer:
    """Prometheus 3: headers only with 2.0."""
    return answer(204, samples=count(series), histograms=0, exemplars=0) if version is Version.V2 else answer(204)


def takes_v1_and_says_so(version: Version, _: list[Decoded]) -> HttpAnswer:
    """By the specification: 415 to 2.0."""
    return answer(204) if version is Version.V1 else answer(415, "not accepted by this server")


def takes_v1_silently(_: Version, __: list[Decoded]) -> HttpAnswer:
    """Prometheus 2 and VictoriaMetrics: any request is read as 1.0."""
    return answer(204)


def takes_v1_strictly(version: Version, _: list[Decoded]) -> HttpAnswer:
    """A 1.x receiver that answers 400 to requests that it cannot read."""
    return answer(204) if version is Version.V1 else answer(400, "cannot decode")


def takes_v2_alone(version: Version, series: list[Decoded]) -> HttpAnswer:
    """Prometheus 3, configured to accept only 2.0."""
    return takes_both(version, series) if version is Version.V2 else answer(415, "not accepted by this server")


@dataclass
class Receiver(FakeTransport):
    """A server of one type.

    Attributes:
        kind: What it answers.
        stored: What it took, oldest first.
        versions: Of all requests, by their headers.
    """

    kind: Answer = takes_both
    stored: list[Decoded] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Answer, and store accepted data."""
        super().send(method, url, body, headers, hints)
        version = _TYPES[headers["Content-Type"]]
        assert headers["X-Prometheus-Remote-Write-Version"] == {"1.0": "0.1.0", "2.0": "2.0.0"}[version]
        assert headers["Content-Encoding"] == "snappy"
        self.versions.append(version)
        series = (series_v2 if version is Version.V2 else series_v1)([Payload(body, 0, 0)])
        said = self.kind(version, series)
        # A 1.x receiver that looks at no header finds nothing in a 2.0 request.
        if said.ok and (version is Version.V1 or says_written(said.headers)):
            self.stored += series
        return verdict_of(said, 0, hints)

    def times(self, name: str) -> list[int]:
        """Return the stored timestamps of a metric, in the order of arrival."""
        return [timestamp for one in self.stored if one.name == name for timestamp, _, _ in one.samples]


def deliver(sink: RemoteWriteSink, payloads: Iterable[Payload | Pause]) -> list[Delivered | Rejected | Retry]:
    """Attempt payloads and their replacements in order; return the final verdicts."""
    waiting, verdicts = deque(payloads_of(payloads)), list[Delivered | Rejected | Retry]()
    while waiting:
        verdict = sink.attempt(waiting.popleft())
        if isinstance(verdict, Split):
            waiting.extendleft(reversed(verdict.parts))
        else:
            verdicts.append(verdict)
    return verdicts
