"""Encoding speed: snapshots of many series to compressed remote-write requests and to text.

The baseline builds the same remote-write message anew from protobuf objects for each tick, as most senders do.
"""

from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache, partial
from multiprocessing import get_context
from statistics import median

import snappy

from benchmarks import peers
from benchmarks.timing import Timing, compare, longest_step, table
from locust_push.core import metrics
from locust_push.core.series import Labels, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.exposition.text import TextEncoder
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.encoder import MAX_SAMPLES, RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version

COMMON: Labels = (("job", "locust"), ("instance", "load-generator-1:4711"), ("run_id", "20260101T000000Z-main"))

SAMPLES_PER_ROUND = 100_000

ROUNDS = 3

SERIES_PER_NAME = 20
"""Of a peer's histogram and counter: 17 buckets, sum, count, bytes."""


def snapshot(size: int, *, known: bool) -> Snapshot:
    """Buckets of histograms, as nearly all series are."""
    series = [
        Series(
            metrics.REQUEST_DURATION,
            (
                ("method", "GET"),
                ("name", f"/api/resource/{index // 20}"),
                ("status", "success"),
                ("le", str(index % 20)),
            ),
            "_bucket",
        )
        for index in range(size)
    ]
    values = [float(index * 7919 % 100_000) for index in range(size)]
    return Snapshot(1_800_000_005_000, 1_800_000_000_000, series, values, size if known else 0)


def protobuf_objects(of: Snapshot) -> None:
    """The baseline: everything anew."""
    for start in range(0, len(of.values), MAX_SAMPLES):
        request = WriteRequest()
        for series, value in zip(of.series[start : start + MAX_SAMPLES], of.values[start:], strict=False):
            one = request.timeseries.add()
            for name, text in sorted((("__name__", series.name), *COMMON, *series.labels)):
                one.labels.add(name=name, value=text)
            one.samples.add(value=value, timestamp=of.timestamp_ms)
        snappy.compress(request.SerializeToString())


def ticks(work: Callable[[Snapshot], object], of: Snapshot) -> None:
    """As many ticks as make a round."""
    for _ in range(SAMPLES_PER_ROUND // len(of.values)):
        work(of)


def consume(encoder: RemoteWriteEncoder | TextEncoder, of: Snapshot) -> None:
    """One tick of an encoder that knows the series already."""
    for _ in encoder.encode(of):
        pass


def encoder(version: Version) -> RemoteWriteEncoder:
    """An encoder that knows no series yet."""
    return RemoteWriteEncoder(COMMON, version)


def first_tick(version: Version, of: Snapshot) -> None:
    """A tick in which every series is new."""
    consume(encoder(version), of)


def bytes_per_sample(version: Version, of: Snapshot) -> tuple[float, float]:
    """Of a tick of known series: before compression, and as sent; 1.0's metadata, once a minute, is left out."""
    payloads = [payload for payload in encoder(version).encode(of) if isinstance(payload, Payload)]
    bodies = [payload.body for payload in payloads if payload.samples]
    return (
        sum(len(snappy.uncompress(body)) for body in bodies) / len(of.values),
        sum(map(len, bodies)) / len(of.values),
    )


@cache
def filled(name: str, size: int) -> peers.Peer:
    """A peer with ``size`` series, in a process that has no other peer."""
    peer = peers.load(name)
    for number in range(size // SERIES_PER_NAME):
        peer.on_request(request_type="GET", name=f"/items/{number}", response_time=123.0, response_length=1)
    return peer


def peer_ticks(name: str, size: int) -> None:
    """As many ticks of a peer as make a round."""
    for _ in range(SAMPLES_PER_ROUND // size):
        filled(name, size).encode()


def elsewhere(pool: Executor, name: str, size: int) -> None:
    """The same in the process of that peer."""
    pool.submit(peer_ticks, name, size).result()


def measure(size: int) -> dict[str, Timing]:
    """Time per sample of each alternative, with that many series."""
    with ExitStack() as stack:
        # A process each: the protocol buffers of two of them have the same names.
        pools = {name: ProcessPoolExecutor(1, mp_context=get_context("spawn")) for name in peers.NAMES}
        for pool in pools.values():
            stack.enter_context(pool)
        others: dict[str, Callable[[], object]] = {
            labelled(name): partial(elsewhere, pool, name, size) for name, pool in pools.items()
        }
        return compare(ours(size) | others, SAMPLES_PER_ROUND, ROUNDS)


def labelled(name: str) -> str:
    """What a peer's ``encode`` does, as the table names it."""
    return {"prometheus_client": "prometheus_client, text", "OpenTelemetry": "OpenTelemetry's remote-write"}.get(
        name, name
    )


def ours(size: int) -> dict[str, Callable[[], object]]:
    """Our encoders, and the baseline."""
    new, known = snapshot(size, known=False), snapshot(size, known=True)
    return {
        "protobuf objects built anew": partial(ticks, protobuf_objects, known),
        **{f"remote-write {version}": partial(ticks, partial(consume, encoder(version)), known) for version in Version},
        **{
            f"remote-write {version}, all series new": partial(ticks, partial(first_tick, version), new)
            for version in Version
        },
        "text": partial(ticks, partial(consume, TextEncoder(COMMON)), known),
    }


def longest_turn(size: int, version: Version) -> tuple[float, float]:
    """Seconds of the longest turn between two pauses, in a tick of new series and in the next one."""
    of, new, known = encoder(version), snapshot(size, known=False), snapshot(size, known=True)
    return longest_step(of.encode(new)), longest_step(of.encode(known))


def rows(size: int) -> list[list[str]]:
    """The table's rows for that many series."""
    timings = measure(size)
    base = timings["protobuf objects built anew"]
    return [
        [
            f"{size:,}",
            name,
            f"{1e9 * timing.median:,.0f}",
            f"{1e-6 / timing.median:.2f}",
            f"{1e-6 / timing.best:.2f}",
            f"{base.median / timing.median:.1f}",
            f"{timing.spread:.0%}",
        ]
        for name, timing in timings.items()
    ]


def turns(version: Version) -> list[str]:
    """A row of the table of turns."""
    rounds = [longest_turn(40_000, version) for _ in range(ROUNDS)]
    return [version, *(f"{1000 * median(values):.1f} ms" for values in zip(*rounds, strict=True))]


def sizes(version: Version) -> list[str]:
    """A row of the table of sizes."""
    return [version, *(f"{size:.1f}" for size in bytes_per_sample(version, snapshot(10_000, known=True)))]


def report() -> str:
    """The tables."""
    headings = ["series", "encoder", "ns per sample", "M samples/s", "best", "times the baseline", "spread"]
    speeds = table(headings, [row for size in (1000, 10_000, 100_000) for row in rows(size)])
    pauses = table(["version", "all series new", "no series new"], map(turns, Version))
    bytes_each = table(["version", "message", "compressed"], map(sizes, Version))
    return (
        f"Encoding and compression (text is not compressed), {ROUNDS} rounds:\n\n{speeds}\n\n"
        f"Longest time without a pause, 40,000 series:\n\n{pauses}\n\n"
        f"Bytes per sample, 10,000 series:\n\n{bytes_each}"
    )


if __name__ == "__main__":
    print(report())
