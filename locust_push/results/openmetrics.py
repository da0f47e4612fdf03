"""A run as OpenMetrics text, for ``promtool tsdb create-blocks-from openmetrics`` and other bulk loaders.

Source: "OpenMetrics" 1.0, sections "Text format" and "Metric types": lines are grouped by family, then by metric, then
ordered by time; counters are called ``…_total``, their family is not; the text ends with ``# EOF``.

A run is recorded tick by tick, so the order has to be changed. One process at a time is held in memory, packed; its
lines go into a temporary file for each family.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

from locust_push.core.metrics import ALL
from locust_push.core.series import Labels, Metric
from locust_push.wire.exposition.openmetrics import openmetrics_header
from locust_push.wire.exposition.text import escape_label_value, format_value
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest

_POINT = struct.Struct("<Iqd")
_KNOWN = {metric.name: metric for metric in ALL}
_TOTAL = "_total"
_MEMBERS = ("_bucket", "_count", "_sum")
"""Suffixes of the samples of a histogram or summary, in the order in which they are written."""


class ExportedFamily(NamedTuple):
    """A metric family: its name in OpenMetrics, its type, unit and help; the last two may be empty."""

    name: str
    type: str
    unit: str = ""
    help: str = ""


def write_openmetrics(processes: Iterable[Iterable[WriteRequest]], folder: Path, output: TextIO) -> int:
    """Write all samples of a run; return how many.

    NaN is left out: stale markers, which end a series, are not needed in blocks.

    Args:
        processes: The requests of each process, in order of time; no two processes write the same series.
        folder: An empty folder, for temporary files.
        output: The file to write to.

    Raises:
        OSError: It could not be written.
    """
    parts = _Parts(folder)
    written = sum(_write_process(requests, parts) for requests in processes)
    for family, path in parts.files.items():
        output.write(openmetrics_header(*family))
        with path.open(encoding="utf-8") as file:
            output.writelines(file)
    output.write("# EOF\n")
    return written


@dataclass(slots=True)
class _Parts:
    """The temporary file of each family."""

    folder: Path
    files: dict[ExportedFamily, Path] = field(default_factory=dict)

    def append(self, family: ExportedFamily, lines: Iterable[str]) -> None:
        path = self.files.setdefault(family, self.folder / f"{len(self.files)}.txt")
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)


class _Line(NamedTuple):
    """One series: the text before its values, and its position among the lines of one point of its metric."""

    place: tuple[int, float]
    prefix: str


class _Process:
    """The samples of one process, packed, by metric: the labels of a series without ``le`` and ``quantile``."""

    def __init__(self) -> None:
        self.points: dict[tuple[ExportedFamily, Labels], bytearray] = {}
        self.lines: list[_Line] = []
        self._known: dict[Labels, tuple[int, bytearray]] = {}

    def add(self, labels: Labels, value: float, timestamp_ms: int) -> None:
        if labels not in self._known:
            self._known[labels] = self._learn(labels)
        index, points = self._known[labels]
        points += _POINT.pack(index, timestamp_ms, value)

    def _learn(self, labels: Labels) -> tuple[int, bytearray]:
        named = dict(labels)
        name = named.pop("__name__", "")
        family, suffix = family_of(name)
        text = ",".join(f'{label}="{escape_label_value(value)}"' for label, value in named.items())
        self.lines.append(_Line(_place(suffix, named), f"{name}{{{text}}} "))
        metric = tuple((label, value) for label, value in named.items() if label not in {"le", "quantile"})
        return len(self.lines) - 1, self.points.setdefault((family, metric), bytearray())


def _write_process(requests: Iterable[WriteRequest], parts: _Parts) -> int:
    process = _Process()
    for request in requests:
        for series in request.timeseries:
            labels = tuple((label.name, label.value) for label in series.labels)
            for sample in series.samples:
                if not math.isnan(sample.value):
                    process.add(labels, sample.value, sample.timestamp)
    # A dictionary keeps the order in which metrics came, which is grouped by family well enough to open few files.
    for (family, _), points in process.points.items():
        parts.append(family, _text(points, process.lines))
    return sum(len(points) for points in process.points.values()) // _POINT.size


def _text(points: bytearray, lines: list[_Line]) -> Iterator[str]:
    """The lines of one metric, by time."""
    unpacked = sorted(_POINT.iter_unpack(points), key=lambda point: (point[1], lines[point[0]].place))
    for index, timestamp_ms, value in unpacked:
        yield f"{lines[index].prefix}{format_value(value)} {_seconds(timestamp_ms)}\n"


def family_of(name: str) -> tuple[ExportedFamily, str]:
    """Return the family of a series with this name, and the suffix of the name if the metric is ours.

    For other metrics only the type of counters is known, from their name.
    """
    if name in _KNOWN:
        return _family(_KNOWN[name]), ""
    for suffix in _MEMBERS:
        metric = _KNOWN.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if metric is not None:
            return _family(metric), suffix
    if name.endswith(_TOTAL):
        return ExportedFamily(name.removesuffix(_TOTAL), "counter"), ""
    return ExportedFamily(name, "unknown"), ""


def _family(metric: Metric) -> ExportedFamily:
    return ExportedFamily(metric.name.removesuffix(_TOTAL), str(metric.type), metric.unit, metric.help)


def _place(suffix: str, labels: Mapping[str, str]) -> tuple[int, float]:
    return (_MEMBERS.index(suffix) if suffix else 0, float(labels.get("le") or 0))


def _seconds(timestamp_ms: int) -> str:
    """Return milliseconds as seconds, so that multiplying by 1000 and truncating, as Prometheus does, restores them."""
    text = f"{timestamp_ms // 1000}.{timestamp_ms % 1000:03}"
    return text if int(float(text) * 1000) == timestamp_ms else f"{text}1"
