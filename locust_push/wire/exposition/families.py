"""Splits the body of a push into its families, in either of the two formats.

Used when a Pushgateway refuses a family, and for replays.
"""

import re
from typing import NamedTuple

from locust_push.wire.exposition.text import CONTENT_TYPE as TEXT_TYPE
from locust_push.wire.protobuf import fields, messages, varint

_TEXT_START = b"# "
_TEXT_FAMILY = re.compile(rb"^# HELP (\S+)[^\n]*\n(?:(?!# HELP )[^\n]*\n)*", re.MULTILINE)

# Numbers of fields of MetricFamily, and of Metric, Histogram and Summary.
_NAME, _METRIC = 1, 4
_SUMMARY, _HISTOGRAM, _PART = 4, 7, 3

PROTOBUF_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"


class PushedFamily(NamedTuple):
    """One family of a body: its name, its part of the body, and how many samples are in it."""

    name: str
    body: bytes
    samples: int


def content_type(body: bytes) -> str:
    """The media type of a body."""
    return TEXT_TYPE if body.startswith(_TEXT_START) or not body else PROTOBUF_TYPE


def families(body: bytes) -> list[PushedFamily]:
    """Return the families of a body, which joined are that body.

    Raises:
        ValueError: It is in neither format.
    """
    if content_type(body) == TEXT_TYPE:
        return [_of_text(found) for found in _TEXT_FAMILY.finditer(body)]
    return [_of_protobuf(message) for message in messages(body)]


def _of_text(found: re.Match[bytes]) -> PushedFamily:
    lines = found[0].splitlines()
    return PushedFamily(found[1].decode(), found[0], sum(not line.startswith(b"#") for line in lines))


def _of_protobuf(message: bytes) -> PushedFamily:
    found = list(fields(message))
    name = "".join(one.content.decode() for one in found if one.number == _NAME)
    samples = sum(_samples(one.content) for one in found if one.number == _METRIC)
    return PushedFamily(name, varint(len(message)) + message, samples)


def _samples(metric: bytes) -> int:
    """Count samples: one for each bucket or quantile, sum and count of a histogram or summary; others are one."""
    for one in fields(metric):
        if one.number in {_SUMMARY, _HISTOGRAM}:
            return 2 + sum(part.number == _PART for part in fields(one.content))
    return 1
