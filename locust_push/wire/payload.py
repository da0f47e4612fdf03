"""The output of an encoder, which delivery sends."""

from locust_push.core.record import record

Pause = float
"""Seconds for which other greenlets may run before encoding continues, between two payloads; 0 is one turn."""


@record(frozen=True, slots=True)
class Payload:
    """One request body, ready to send.

    Attributes:
        body: Bytes as sent (compressed if the protocol compresses).
        samples: Number of samples in it; losses are counted in this unit.
        timestamp_ms: Newest timestamp in it, milliseconds since the epoch.
    """

    body: bytes
    samples: int
    timestamp_ms: int
