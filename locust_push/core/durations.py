"""The response times of one (method, name, status) as series: classic buckets, a native histogram, or both."""

from functools import lru_cache
from itertools import accumulate

from locust_push.core import metrics
from locust_push.core.delta import DurationDelta
from locust_push.core.histogram import DurationHistogram
from locust_push.core.labels import METHOD, NAME, STATUS, RowKey
from locust_push.core.native import NativeBlock
from locust_push.core.record import record
from locust_push.core.series import Form, Labels, Series
from locust_push.core.table import RowBlock, SeriesTable


@record(slots=True)
class HistogramForms:
    """How all durations of a process are pushed.

    Attributes:
        bounds: Upper bounds of the classic buckets, seconds.
        classic: Whether as classic buckets. May be switched on during a run: each histogram then includes everything
            since the start of the run.
        native_schema: Resolution of native histograms; None without native histograms.
    """

    bounds: tuple[float, ...]
    classic: bool = True
    native_schema: int | None = None


class Durations:
    """The aggregate, and its series in the table; both forms are read from the same counts."""

    __slots__ = ("_classic", "_forms", "_native", "_row", "_status", "_table", "histogram")

    def __init__(
        self,
        table: SeriesTable,
        row: RowKey,
        status: str,
        forms: HistogramForms,
        recent: DurationDelta | None = None,
    ) -> None:
        """As a :class:`DurationHistogram` with ``recent``."""
        self.histogram = DurationHistogram(forms.bounds, recent)
        self._table = table
        self._row = row
        self._status = status
        self._forms = forms
        self._classic = False
        self._native: NativeBlock | None = None

    def add(self, ordered: list[float], total: float) -> None:
        """Add durations as :meth:`DurationHistogram.add` takes them; the first ones bring the series into the table."""
        self._join()
        self.histogram.add(ordered, total)

    def absorb(self, delta: DurationDelta) -> None:
        """Add what another process recorded; the first durations bring the series into the table."""
        self._join()
        self.histogram.absorb(delta)

    def settle(self) -> int:
        """Prepare for a snapshot, so that the snapshot need not; return how many buckets were processed.

        Brings the native view up to date, and adds the series of classic buckets if they were switched on because the
        receiver does not accept native histograms. Does nothing without native histograms.
        """
        if not self.histogram.count:
            return 0
        self._join_classic()
        return self._native.refresh() if self._native else 0

    def _join(self) -> None:
        if not self.histogram.count:
            self._join_classic()
            self._join_native()

    def _join_classic(self) -> None:
        if self._forms.classic and not self._classic:
            self._classic = True
            self._table.add(ClassicBlock(self._row, classic_form(self._forms.bounds, self._status), self.histogram))

    def _join_native(self) -> None:
        schema = self._forms.native_schema
        if schema is not None:
            labels = (METHOD, self._row[0]), (NAME, self._row[1]), (STATUS, self._status)
            self._native = NativeBlock(Series(metrics.REQUEST_DURATION, labels), self.histogram, schema)
            self._table.add_histogram(self._native)


class ClassicBlock(RowBlock):
    """A classic histogram as series: cumulative buckets, sum, count."""

    __slots__ = ("_of", "form")

    def __init__(self, row: RowKey, form: Form, of: DurationHistogram) -> None:
        super().__init__(row)
        self.form = form
        self._of = of

    def read(self, values: list[float]) -> None:
        """Append cumulative counts, sum and count, read at one moment so that they agree."""
        values.extend(accumulate(self._of.classic))
        values.append(self._of.sum)
        values.append(self._of.count)


@lru_cache(maxsize=16)
def classic_form(bounds: tuple[float, ...], status: str) -> Form:
    """Return the series of classic histograms: one per bucket including ``+Inf``, then ``_sum`` and ``_count``."""
    metric, own = metrics.REQUEST_DURATION, ((STATUS, status),)
    buckets = [Series(metric, (*own, le), "_bucket") for le in bucket_labels(bounds)]
    return Form(*buckets, Series(metric, own, "_sum"), Series(metric, own, "_count"))


def bucket_labels(bounds: tuple[float, ...]) -> Labels:
    """Return the label ``le`` of each classic bucket."""
    return tuple(("le", limit) for limit in (*map(format_bound, bounds), "+Inf"))


def format_bound(bound: float) -> str:
    """A bucket's upper bound as the value of ``le``: ``0.5``, ``1.0``.

    Whole numbers keep their ``.0``: OpenMetrics demands it, and Prometheus 3 writes every scraped bound so; a series
    that is both pushed and scraped must have one spelling.
    """
    return repr(float(bound))
