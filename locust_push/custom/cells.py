"""The values of custom series: gauges unchanged, cumulative ones relative to the start of the run."""

from locust_push.core.series import STALE_NAN, Series
from locust_push.core.table import Cell


class GaugeCell(Cell):
    """A value that is pushed unchanged, and ends when no collector returns it any more."""

    __slots__ = ()

    def begin(self, raw: float) -> None:
        """Take the value."""
        self.value = raw

    take = begin

    def vanish(self) -> None:
        """End the series, since its value is unknown."""
        self.value = STALE_NAN


class CounterCell(Cell):
    """The count since the start of the run; it never falls, even if the user's counter is reset.

    Attributes:
        resets: How often the user's counter was reset to 0.
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
        """Add the increase; a value below the previous one was counted from 0."""
        if raw < self._raw:
            self._offset += self._raw
            self.resets += 1
        self._raw = raw
        self.value = raw + self._offset

    def vanish(self) -> None:
        """Keep the value, so that sums over the run stay right; a value that comes back was counted from 0."""
        self._raw, self._offset = 0.0, self.value


class SumCell(CounterCell):
    """The sum of observations. Negative ones make it fall, so that only its count shows a reset."""

    __slots__ = ("_count",)

    def __init__(self, series: Series, count: CounterCell) -> None:
        super().__init__(series)
        self._count = count

    def take(self, raw: float) -> None:
        """Add the increase; both prometheus_client and its metric families return the count first."""
        if self.resets != self._count.resets:
            self.resets = self._count.resets
            self._offset += self._raw
        self._raw = raw
        self.value = raw + self._offset
