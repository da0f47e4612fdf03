"""What comes of judging one expression on one row, and what may go unjudged. Only data types."""

import math
from dataclasses import dataclass
from enum import StrEnum

from locust_push.results.gate_expression import Expression
from locust_push.results.statistics.against import ShownChange


class Outcome(StrEnum):
    """What came of one expression on one row."""

    MET = "ok"
    FAILED = "failed"
    WITHIN_SPREAD = "within spread"
    NOT_JUDGED = "not judged"
    ALLOWED = "allowed"
    """It could not be judged, and that was allowed."""


class Allow(StrEnum):
    """What may keep an expression or a run from being judged without failing the gate, where a user says so."""

    NO_BASELINE = "no-baseline"
    """There is no earlier good run of the same parameters yet; not that there is one which cannot be read."""
    ONE_SIDED = "one-sided"
    """A request is in the run only, or in the baseline only."""
    FEW_REQUESTS = "few-requests"
    """A row has too few requests for the measure."""
    UNFINISHED = "unfinished"
    """The run broke off or was interrupted."""
    UNJUDGED = "unjudged"
    """An expression could not be judged, for whatever reason."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One expression on one row.

    Attributes:
        expression: Which one; of a range one of its two halves.
        label: Method and name of the row.
        value: Of the run, in the measure's unit; NaN where it has none.
        baseline: What the baselines have; NaN for an absolute expression, and where they have none.
        limit: What the value was held against; NaN where it was not judged.
        outcome: What came of it.
        reason: Why it was not judged, or what has to be said beside; or empty.
        cause: Which :class:`Allow` would let it pass, where it was not judged; None where only ``UNJUDGED`` would.
        change: What is shown against the baselines; None for an absolute expression, and where it was not judged.
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
        """How far from the baseline chance alone may lead, in the measure's unit; 0 where that is not known."""
        known = self.change and not math.isnan(self.change.low + self.baseline)
        return self.baseline * (self.change.high - self.change.low) / 200 if known and self.change else 0.0

    @property
    def met(self) -> bool:
        """Whether it neither failed nor went unjudged without leave."""
        return self.outcome not in {Outcome.FAILED, Outcome.NOT_JUDGED}
