"""Deltas on their way from worker to master, packed as Locust packs its messages."""

from __future__ import annotations

from typing import Any

import msgpack  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.delta import Delta
from locust_push.wire.worker_update import Packed, UpdateDecoder, UpdateEncoder
from tests.unit.core.load import Request, requests
from tests.unit.core.recording import Recording


def sent(packed: Packed) -> Packed:
    """Return the decoded delta."""
    # As locust.rpc.protocol does: keys of any type.
    arrived: Packed = msgpack.unpackb(msgpack.packb(packed), strict_map_key=False)
    return arrived


def deltas(load: list[Request], cuts: set[int]) -> list[Delta]:
    """Return the deltas of one worker at each cut."""
    recording, found = Recording(), []
    for number, request in enumerate(load):
        request.fire(recording)
        if number in cuts:
            recording.read()
            found.append(recording.recorder.take_recent())
    return found


def one() -> Packed:
    """Return an encoded delta with a request of 100 ms and a failed one."""
    recording = Recording()
    recording.fire("GET", "/a", 100.0, 5)
    recording.fire("GET", "/a", 200.0, 5, OSError())
    recording.read()
    return sent(UpdateEncoder().encode(recording.recorder.take_recent()))


@given(requests(1), st.sets(st.integers(0, 60)))
def test_what_arrives_is_what_was_sent(load: list[Request], cuts: set[int]) -> None:
    """Every delta is restored, including those with names that earlier ones defined."""
    encoder, decoder = UpdateEncoder(), UpdateDecoder()
    for delta in deltas(load, cuts):
        assert decoder.decode(sent(encoder.encode(delta))) == delta


def test_a_name_is_sent_once() -> None:
    """A long name is sent in the first delta, and a number in all others."""
    recording, encoder = Recording(), UpdateEncoder()
    sizes = []
    for _ in range(3):
        recording.fire("GET", "/" + 200 * "x", 100.0, 5)
        recording.read()
        sizes.append(len(str(encoder.encode(recording.recorder.take_recent()))))
    assert sizes[0] > sizes[1] + 200
    assert sizes[1] == sizes[2]


def test_a_delta_may_be_decoded_again() -> None:
    """After a failed merge, decoding the same delta again defines its names once."""
    encoder, decoder, recording = UpdateEncoder(), UpdateDecoder(), Recording()
    found = []
    for name in ("/a", "/b"):
        recording.fire("GET", name, 100.0, 5)
        recording.read()
        packed = encoder.encode(recording.recorder.take_recent())
        decoder.decode(packed)
        found.append(decoder.decode(packed).responses[0].name)
    assert found == ["/a", "/b"]


def test_a_delta_without_the_one_before_is_refused() -> None:
    """Names that were never defined are an error."""
    encoder, recording = UpdateEncoder(), Recording()
    for name in ("/a", "/b"):
        recording.fire("GET", name, 100.0, 5)
        recording.read()
        last = encoder.encode(recording.recorder.take_recent())
    with pytest.raises(LookupError):
        UpdateDecoder().decode(last)


KNOWN, NAMES, RESPONSES, ERRORS, EXCEPTIONS = range(5)
REQUESTS, BYTES, SUM, MIN, MAX, ZEROS, CLASSIC, EXPONENTIAL = range(1, 9)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (REQUESTS, -1),
        (REQUESTS, "1"),
        (REQUESTS, None),
        (REQUESTS, float("nan")),
        (REQUESTS, 1.0),
        (BYTES, -1),
        (BYTES, float("nan")),
        (ZEROS, float("nan")),
        (CLASSIC, [1, float("nan")]),
        (EXPONENTIAL, [1, float("nan")]),
        (SUM, float("nan")),
        (SUM, float("inf")),
        (SUM, -1.0),
        (MIN, float("nan")),
        (MAX, float("nan")),
        (MAX, -1.0),
        (ZEROS, -1),
        (CLASSIC, [1, -1]),
        (CLASSIC, [-2, 1]),
        (CLASSIC, [1]),
        (EXPONENTIAL, [1, -1]),
        (EXPONENTIAL, [10**9, 1]),
        (EXPONENTIAL, [-(10**9), 1]),
        (EXPONENTIAL, 7),
    ],
)
def test_a_response_that_cannot_be_is_refused(field: int, value: object) -> None:
    """No counter decreases, no sum becomes invalid, and no bucket is invented, whatever is received."""
    packed = one()
    packed[RESPONSES][0][field] = value
    with pytest.raises((ValueError, TypeError, LookupError)):
        UpdateDecoder().decode(packed)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (KNOWN, 1),
        (NAMES, [["GET"]]),
        (NAMES, 5),
        (ERRORS, [[0, "OSError", -1]]),
        (ERRORS, [[7, "OSError", 1]]),
        (EXCEPTIONS, {"KeyError": -1}),
        (EXCEPTIONS, {"KeyError": 1, "OSError": float("nan")}),
        (ERRORS, [[0, "OSError", 1], [0, "KeyError", float("nan")]]),
        (EXCEPTIONS, []),
    ],
)
def test_a_delta_that_cannot_be_is_refused(part: int, value: object) -> None:
    """The same for the parts that are not about a single response."""
    packed = one()
    packed[part] = value
    with pytest.raises((ValueError, TypeError, LookupError, AttributeError)):
        UpdateDecoder().decode(packed)


@pytest.mark.parametrize("foreign", [None, 7, "text", [], [1, 2, 3], {"a": 1}])
def test_a_delta_of_another_version_is_refused(foreign: Any) -> None:
    """Data that is not a delta raises, which the caller logs."""
    with pytest.raises((ValueError, TypeError, LookupError)):
        UpdateDecoder().decode(foreign)
