"""The rules by which tests check requests find their violations."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import snappy

from locust_push.core.series import Metric, MetricType, Series
from locust_push.testing import Receiver
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.generated.remote_write_v2_pb2 import Request as RequestV2
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version
from tests.request_rules import RequestRules, assert_by_the_rules
from tests.unit.wire.snapshots import COMMON, NOW, SERIES, snapshot


def request(*series: tuple[Iterable[tuple[str, str]], Iterable[tuple[int, float]]]) -> bytes:
    """Return a 1.0 request with these labels and samples."""
    message = WriteRequest()
    for labels, samples in series:
        one = message.timeseries.add()
        for name, value in labels:
            one.labels.add(name=name, value=value)
        for timestamp, number in samples:
            one.samples.add(timestamp=timestamp, value=number)
    return bytes(snappy.compress(message.SerializeToString()))


UP = (("__name__", "up"), ("job", "a"))


@pytest.mark.parametrize(
    ("bodies", "problem"),
    [
        ([request((UP, [(1, 1)])), request((UP, [(1, 2)]))], "a sample of 1 after one of 1"),
        ([request((UP, [(2, 1), (1, 1)]))], "a sample of 1 after one of 2"),
        ([request((UP, [(1, 1)]), (UP, [(2, 1)]))], "there twice in one request"),
        ([request((UP[::-1], [(1, 1)]))], "labels are not sorted"),
        ([request((((*UP, ("zone", ""))), [(1, 1)]))], "an empty label"),
    ],
)
def test_what_is_wrong_is_found(bodies: list[bytes], problem: str) -> None:
    """Violations of order, duplicates, values per time, and labels are found."""
    rules = RequestRules()
    assert any(problem in found for body in bodies for found in rules.problems(body))


@pytest.mark.parametrize("version", Version)
def test_markers_are_once_and_never_first(version: Version) -> None:
    """A sample after a marker, and a marker without a value before, are found."""
    rules, encoder = RequestRules(), RemoteWriteEncoder(COMMON, version)
    bodies = [step.body for step in encoder.stale(snapshot(known=len(SERIES)))]
    assert any("without ever having had a value" in found for body in bodies for found in rules.problems(body))
    again = [step.body for step in encoder.stale(snapshot(known=len(SERIES), timestamp_ms=NOW + 10))]
    assert any("ends twice" in found for body in again for found in rules.problems(body))


def test_references_and_types_of_2_0() -> None:
    """A symbol table with an offset, and a family with a changed type, are found."""
    encoder, rules = RemoteWriteEncoder(COMMON, Version.V2), RequestRules()
    for step in encoder.encode(snapshot()):
        if isinstance(step, Payload):
            assert rules.problems(step.body) == []
    other = Metric("users", MetricType.COUNTER, "Users.")
    changed = RemoteWriteEncoder(COMMON, Version.V2).encode(snapshot([Series(other)], [1], timestamp_ms=NOW + 5))
    found = [problem for step in changed if isinstance(step, Payload) for problem in rules.problems(step.body)]
    assert any("is of type" in problem for problem in found)
    torn = RequestV2(symbols=["", "__name__"])
    torn.timeseries.add(labels_refs=[1, 2])
    assert rules.problems(snappy.compress(torn.SerializeToString())) == ["references [1, 2] into 2 symbols"]


def test_a_receiver_is_judged_by_what_it_accepted() -> None:
    """Without requests there are no problems."""
    with Receiver() as receiver:
        assert_by_the_rules(receiver)
