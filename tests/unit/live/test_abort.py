"""``--push-abort``: when a run is ended, and when not."""

from collections.abc import Sequence

import pytest

from locust_push.config.errors import ConfigurationError
from locust_push.core.snapshot import Snapshot
from locust_push.core.window import Rates
from locust_push.live.abort import Abort, abort_rule
from locust_push.live.run_description import RunDescription
from locust_push.results.model import CutShort

START = 1000.0


class Watched:
    """A watched run with scripted rates."""

    def __init__(self, *rules: str, grace: float = 0.0) -> None:
        self.description = RunDescription("r", (), START)
        self.rates = Rates(100.0, 0.0, 0.0, (0.1,))
        self.ends = 0
        self.abort = Abort([*map(abort_rule, rules)], grace, self.description, rates=self._read, end_run=self._note_end)

    def _read(self, shares: Sequence[float]) -> Rates:
        assert len(shares) == 1
        return self.rates

    def _note_end(self) -> None:
        self.ends += 1

    def look(self, elapsed: float, *, errors: float = 0.0, p95: float = 0.1) -> bool:
        """Take a snapshot after some seconds with failures among 100 requests; return whether the run was ended."""
        self.rates = Rates(100.0, errors, errors, (p95,))
        self.abort.observe(Snapshot(round(1000 * (START + elapsed)), 0, [], [], 0))
        return self.description.cut_short == CutShort.ABORTED


def test_a_run_is_ended_where_a_rule_has_held_for_long_enough() -> None:
    """The rule must hold continuously; the run is ended once."""
    watched = Watched("error_rate > 50% for 10s")
    assert not watched.look(0, errors=60)
    assert not watched.look(5, errors=10)
    assert not watched.look(10, errors=60)
    assert not watched.look(15, errors=60)
    assert watched.look(20, errors=60)
    watched.look(25, errors=60)
    assert watched.ends == 1


def test_nothing_is_looked_at_before_the_grace_is_over() -> None:
    """A run is not ended during the grace time."""
    watched = Watched("p95 > 1s", grace=30)
    assert not watched.look(29, p95=9.0)
    assert watched.look(30, p95=9.0)


@pytest.mark.parametrize(
    ("rule", "errors", "p95", "ended"),
    [
        ("rps < 101", 0, 0.1, True),
        ("rps outside 90..110", 0, 0.1, False),
        ("error_rate > 50%", 50, 0.1, False),
        ("p99.9 > 1s", 0, float("nan"), False),
    ],
)
def test_rules_are_about_the_last_seconds(rule: str, errors: float, p95: float, ended: bool) -> None:
    """Rates, the share of failures, and any percentile can be watched; without measurements nothing holds."""
    assert Watched(rule).look(1, errors=errors, p95=p95) is ended


@pytest.mark.parametrize(
    "rule", ["p95 > +10%", "p95{name=/a} > 1s", "requests > 5", "orders_total > 5", "p95 >> 1s", "p95 > 1s for long"]
)
def test_a_rule_that_cannot_be_watched_is_refused(rule: str) -> None:
    """An unusable rule is refused before the run."""
    with pytest.raises(ConfigurationError, match="--push-abort"):
        abort_rule(rule)
