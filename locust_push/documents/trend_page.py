"""Trends as one HTML file that needs nothing else, as reports are. Pure."""

from collections.abc import Sequence

from locust_push.documents.html import page
from locust_push.documents.trends import trend_charts, trend_grid, trend_sentence
from locust_push.results.trend import Trend


def render(trends: Sequence[Trend], measure: str, generated: float) -> str:
    """Return the page.

    Args:
        trends: Of each row that was looked at.
        measure: As the user wrote it.
        generated: Unix time.
    """
    return page(
        "trend.html.jinja",
        f"Trend of {measure}",
        generated,
        trend_charts(trends, measure),
        sentence=trend_sentence(trends, measure),
        grid=trend_grid(trends),
    )
