"""What rows are called."""

import pytest

from locust_push.core.labels import TOTAL
from locust_push.results.model import ResultRow


@pytest.mark.parametrize(
    ("key", "label"),
    [(("GET", "/"), "GET /"), (TOTAL, "Aggregated"), (("", "_Aggregated"), "_Aggregated"), (("", ""), "(no name)")],
)
def test_every_row_has_a_label(key: tuple[str, str], label: str) -> None:
    """Method and name as people write them; a row of neither says so, so that it is not taken for a gap."""
    assert ResultRow(*key, 1, 0, 0.0, {}).label == label
