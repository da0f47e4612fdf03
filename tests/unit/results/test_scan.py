"""Scanning requests gives the same result as decoding them."""

import math
import random

import pytest

from locust_push.results.sources.scan import Scan
from locust_push.wire.generated.remote_write_v1_pb2 import Label, Sample, TimeSeries, WriteRequest

NAMES = {"gauge"}
TIME = 1_800_000_000_000


def labels(name: str, **others: str) -> list[Label]:
    return [Label(name=key, value=value) for key, value in sorted({"__name__": name, **others}.items())]


def one(name: str, *values: float, time: int = TIME, **others: str) -> TimeSeries:
    """Return a series with its samples, a millisecond apart."""
    samples = [Sample(value=value, timestamp=time + number) for number, value in enumerate(values)]
    return TimeSeries(labels=labels(name, **others), samples=samples)


def scanned(*requests: WriteRequest) -> Scan:
    scan = Scan(NAMES)
    for request in requests:
        scan.add(request.SerializeToString())
    return scan


def last_of(scan: Scan) -> dict[str, float]:
    return {sample.labels["__name__"]: sample.value for sample in scan.last()}


@pytest.mark.parametrize("seed", range(20))
def test_any_request_comes_out_as_if_it_were_decoded(seed: int) -> None:
    """Series with any samples, order, labels, zeros, NaN and infinity are scanned correctly."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    values = (0.0, 1.0, -1.5, 1e300, math.nan, math.inf, 3.0)
    expected: dict[str, tuple[float, int]] = {}
    scan = Scan(NAMES)
    for tick in range(6):
        request = WriteRequest()
        for number in chance.sample(range(8), 5):
            time = TIME + 1000 * tick
            series = one(
                f"m{number}", *chance.choices(values, k=chance.choice((0, 1, 1, 1, 2))), time=time, x="y" * 40 * number
            )
            request.timeseries.append(series)
            for sample in series.samples[-1:]:
                if not math.isnan(sample.value):
                    expected[f"m{number}"] = sample.value, sample.timestamp
        scan.add(request.SerializeToString())
    assert {sample.labels["__name__"]: (sample.value, sample.timestamp_ms) for sample in scan.last()} == expected


def test_every_sample_of_the_series_over_time_is_kept() -> None:
    """All samples are kept for given metrics, the last one of others."""
    ticks = [
        WriteRequest(timeseries=[one("gauge", 1.0 + n, time=TIME + n), one("other", n, time=TIME + n)])
        for n in range(3)
    ]
    scan = scanned(*ticks)
    (curve,) = scan.curves()
    assert curve.labels == {"__name__": "gauge"}
    assert curve.samples == [(TIME, 1.0), (TIME + 1, 2.0), (TIME + 2, 3.0)]
    assert last_of(scan) == {"gauge": 3.0, "other": 2.0}


def test_a_gap_in_a_curve_stays_one() -> None:
    """NaN is not a sample, and does not repeat the previous one."""
    scan = scanned(
        *(WriteRequest(timeseries=[one("gauge", value, time=TIME + n)]) for n, value in enumerate((1.0, math.nan, 1.0)))
    )
    assert scan.curves()[0].samples == [(TIME, 1.0), (TIME + 2, 1.0)]


def test_a_series_longer_than_usual_is_read() -> None:
    """A series whose length takes three bytes is scanned correctly."""
    assert last_of(scanned(WriteRequest(timeseries=[one("m", 5.0, x="y" * 20_000), one("n", 6.0)]))) == {
        "m": 5.0,
        "n": 6.0,
    }


@pytest.mark.parametrize("message", [b"\x0a", b"\x0a\x7f\x0a\x05", b"\xff\xff\xff"])
def test_what_is_no_request_is_refused(message: bytes) -> None:
    """A truncated request raises rather than reading past its end."""
    with pytest.raises(ValueError, match="not a remote-write request"):
        Scan(NAMES).add(message)
