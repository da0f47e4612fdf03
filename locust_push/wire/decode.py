"""Remote-write 1.0 requests read back, for what was kept on disk."""

import snappy
from google.protobuf.message import DecodeError

from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.payload import Payload


def uncompress(body: bytes) -> bytes:
    """Return the message in a payload, undecoded.

    Raises:
        ValueError: It is not compressed as requests are.
    """
    try:
        return bytes(snappy.uncompress(body))
    except snappy.UncompressError as error:
        raise ValueError(f"not a remote-write request: {error}") from None


def decode(body: bytes) -> WriteRequest:
    """Return the remote-write 1.0 message of a payload.

    Raises:
        ValueError: It is none.
    """
    try:
        return WriteRequest.FromString(uncompress(body))
    except DecodeError as error:
        raise ValueError(f"not a remote-write request: {error}") from None


def described(body: bytes) -> Payload:
    """Return a request as a payload, which tells how many samples are in it and up to when.

    Raises:
        ValueError: It is no request.
    """
    times = [sample.timestamp for series in decode(body).timeseries for sample in series.samples]
    return Payload(body, len(times), max(times, default=0))
