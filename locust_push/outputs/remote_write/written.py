"""The written samples that a remote-write 2.0 receiver reports. Pure.

Source: "Prometheus Remote-Write 2.0 specification", section "Required Written Response Headers".
"""

from collections.abc import Mapping
from dataclasses import replace

from locust_push.delivery.verdict import Delivered, Rejected, Verdict

UNSUPPORTED = "http_415"
"""Reason: the receiver does not support this version of the protocol (RFC 9110 section 15.5.16)."""
UNWRITTEN = "unwritten"
"""Reason: the receiver reported success, but not for all samples."""

_HEADER = "X-Prometheus-Remote-Write-{}-Written"
_SAMPLES = (_HEADER.format("Samples"), _HEADER.format("Histograms"))
_ALL = (*_SAMPLES, _HEADER.format("Exemplars"))


def written_headers(samples: int, histograms: int, exemplars: int) -> dict[str, str]:
    """The headers in which a receiver reports how much of a request it has written."""
    return dict(zip(_ALL, map(str, (samples, histograms, exemplars)), strict=True))


def says_written(headers: Mapping[str, str]) -> bool:
    """Whether an answer reports what was written, as only 2.0 receivers do."""
    return any(name in headers for name in _ALL)


def written_samples(headers: Mapping[str, str]) -> int:
    """Return the samples that the receiver counted, native histograms included; a missing header counts as 0."""
    counts = (headers.get(name, "") for name in _SAMPLES)
    return sum(int(count) for count in counts if count.isascii() and count.isdigit())


def confirmed(verdict: Verdict, samples: int) -> Verdict:
    """Return the verdict on a 2.0 request with ``samples`` samples, considering what the receiver has written.

    Success without a report of what was written comes from a 1.x receiver, which reads a 2.0 request as an empty one;
    by the specification it counts as :data:`UNSUPPORTED`.
    """
    match verdict:
        case Delivered() if not says_written(verdict.headers):
            return Rejected(UNSUPPORTED, "success without a report of what was written, as from a 1.x receiver")
        case Delivered() if written_samples(verdict.headers) < samples:
            return _partial(Rejected(UNWRITTEN, "success, but not for all", headers=verdict.headers), samples)
        case Rejected():
            return _partial(verdict, samples)
    return verdict


def _partial(verdict: Rejected, samples: int) -> Rejected:
    written = min(written_samples(verdict.headers), samples)
    if not written:
        return verdict
    return replace(verdict, written=written, detail=f"{verdict.detail} ({written:,} of {samples:,} samples written)")
