"""The judgement of one expression on one row, and the causes that may leave it unjudged. Only data types."""

import math
from dataclasses import dataclass
from enum import StrEnum

from locust_push.results.gate_expression import Expression
from locust_push.results.statistics.against import ShownChange


class Outcome(StrEnum):
    """The outcome of one expression on one row."""

    MET = "ok"
    FAILED = "failed"
    WITHIN_SPREAD = "within spread"
    NOT_JUDGED = "not judged"
    ALLOWED = "allowed"
    """It could not be judged, and that was allowed."""


class Allow(StrEnum):
    """Causes that leave an expression or a run unjudged, and that a user can allow without failing the gate."""

    NO_BASELINE = "no-baseline"
    """There is no earlier good run with the same parameters yet; does not cover unreadable ones."""
    ONE_SIDED = "one-sided"
    """A request is in the run only, or in the baseline only."""
    FEW_REQUESTS = "few-requests"
    """A row has too few requests for the measure."""
    UNFINISHED = "unfinished"
    """The run broke off or was interrupted."""
    UNJUDGED = "unjudged"
    """An expression could not be judged, for any reason."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One expression on one row.

    Attributes:
        expression: The expression; for a range one of its two halves.
        label: Method and name of the row.
        value: Value of the run, in the measure's unit; NaN if it has none.
        baseline: Value of the baselines; NaN for an absolute expression, and if they have none.
        limit: The limit for the value; NaN if it was not judged.
        outcome: The outcome.
        reason: Why it was not judged, or a note; may be empty.
        cause: The :class:`Allow` that would let it pass, if it was not judged; None if only ``UNJUDGED`` would.
        change: The change against the baselines; None for an absolute expression, and if it was not judged.
    """

    expression: Expression
    label: str
    value: float
    baseline: float
    limit: float
    outcome: Outcome
    reason: str = ""
    cause: Allow | None = None
    change: ShownChange | None = None

    @property
    def spread(self) -> float:
        """The difference from the baseline that chance alone may cause, in the measure's unit; 0 if unknown."""
        known = self.change and not math.isnan(self.change.low + self.baseline)
        return self.baseline * (self.change.high - self.change.low) / 200 if known and self.change else 0.0

    @property
    def met(self) -> bool:
        """Whether it did not fail, and was judged or allowed to be unjudged."""
        return self.outcome not in {Outcome.FAILED, Outcome.NOT_JUDGED}
