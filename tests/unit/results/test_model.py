"""Labels of rows."""

import pytest

from locust_push.core.labels import TOTAL
from locust_push.results.model import ResultRow


@pytest.mark.parametrize(
    ("key", "label"),
    [(("GET", "/"), "GET /"), (TOTAL, "Aggregated"), (("", "_Aggregated"), "_Aggregated"), (("", ""), "(no name)")],
)
def test_every_row_has_a_label(key: tuple[str, str], label: str) -> None:
    """A label has method and name; a row without either is marked."""
    assert ResultRow(*key, 1, 0, 0.0, {}).label == label
