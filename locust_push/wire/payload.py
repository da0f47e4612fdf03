"""The output of an encoder, which delivery sends."""

from locust_push.core.record import record

Pause = float
"""Seconds for which others may run before encoding goes on, between two payloads; 0 is one turn of theirs."""


@record(frozen=True, slots=True)
class Payload:
    """One request body, ready to send.

    Attributes:
        body: Bytes as they go over the wire (compressed where the protocol compresses).
        samples: How many samples are in it; losses are counted in this unit.
        timestamp_ms: Newest timestamp in it, milliseconds since the epoch.
    """

    body: bytes
    samples: int
    timestamp_ms: int
