"""The values of custom series: gauges as they are, cumulative ones as they have grown since the start of the run."""

import struct

from locust_push.core.series import Series
from locust_push.core.table import Cell

STALE: float = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
"""The NaN that ends a series (remote-write 1.0 specification, "Stale Markers"); in text formats a plain NaN."""


class GaugeCell(Cell):
    """A value that is pushed as it is, and ends when nobody gives it any more."""

    __slots__ = ()

    def begin(self, raw: float) -> None:
        """Take the value."""
        self.value = raw

    take = begin

    def vanish(self) -> None:
        """End the series: nobody knows its value."""
        self.value = STALE


class CounterCell(Cell):
    """What has been counted since the run started; it never falls, not even where the user's counter was reset.

    Attributes:
        resets: How often the user's counter began again at 0.
    """

    __slots__ = ("_offset", "_raw", "resets")

    def __init__(self, series: Series) -> None:
        super().__init__(series)
        self._raw = self._offset = 0.0
        self.resets = 0

    def begin(self, raw: float) -> None:
        """Count from here."""
        self._raw, self._offset, self.value = raw, -raw, 0

    def take(self, raw: float) -> None:
        """Count on; a value below the one before has been counted from 0."""
        if raw < self._raw:
            self._offset += self._raw
            self.resets += 1
        self._raw = raw
        self.value = raw + self._offset

    def vanish(self) -> None:
        """Stay as it is, so that sums over the run stay right; what comes back has been counted from 0."""
        self._raw, self._offset = 0.0, self.value


class SumCell(CounterCell):
    """The sum of what was observed. It may fall, by negative observations: only its count tells of a reset."""

    __slots__ = ("_count",)

    def __init__(self, series: Series, count: CounterCell) -> None:
        super().__init__(series)
        self._count = count

    def take(self, raw: float) -> None:
        """Sum on; both prometheus_client and its metric families give the count first."""
        if self.resets != self._count.resets:
            self.resets = self._count.resets
            self._offset += self._raw
        self._raw = raw
        self.value = raw + self._offset
