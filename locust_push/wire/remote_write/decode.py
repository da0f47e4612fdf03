"""Remote-write requests read back, for what was kept on disk."""

import snappy
from google.protobuf.message import DecodeError

from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.transcode import in_version
from locust_push.wire.remote_write.version import Version


def uncompress(body: bytes) -> bytes:
    """Return the message in a payload, undecoded; one of 2.0 as that of 1.0 which says the same.

    Raises:
        ValueError: It is not a remote-write request.
    """
    try:
        return bytes(snappy.uncompress(in_version(Payload(body, 0, 0), Version.V1).body))
    except snappy.UncompressError as error:
        raise ValueError(f"not a remote-write request: {error}") from None


def decode(body: bytes) -> WriteRequest:
    """Return the message of a payload; one of 2.0 as that of 1.0 which says the same.

    Raises:
        ValueError: It is not a remote-write request.
    """
    try:
        return WriteRequest.FromString(uncompress(body))
    except DecodeError as error:
        raise ValueError(f"not a remote-write request: {error}") from None


def described(body: bytes) -> Payload:
    """Return a request as a payload, with the number of samples in it and their newest timestamp.

    Raises:
        ValueError: It is no request.
    """
    series = decode(body).timeseries
    times = [sample.timestamp for one in series for sample in one.samples]
    times += [histogram.timestamp for one in series for histogram in one.histograms]
    return Payload(body, len(times), max(times, default=0))
