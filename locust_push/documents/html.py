"""The report as one self-contained HTML file: it needs no network, no scripts, not even its own style sheet.

Jenkins serves artifacts under a policy that refuses inline scripts and styles alike ("Configuring Content Security
Policy" in its handbook), other servers refuse scripts. So charts are drawn here, colours are attributes of elements,
and the script only sorts, filters, zooms and shows tooltips faster. Names of requests come from the system under test:
the template engine escapes all values, and the page's own policy blocks other scripts.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from locust_push.documents import drawing
from locust_push.documents.charts import Chart, charts
from locust_push.documents.content import Report, readable_time
from locust_push.documents.endpoints import endpoint_parts
from locust_push.documents.sentences import comparison_sentence
from locust_push.documents.tables import (
    ALL_ROW_MEASURES,
    BAD,
    DOUBTFUL,
    GOOD,
    Grid,
    comparison_grid,
    failures_grid,
    gate_grid,
    messages_grid,
    rows_grid,
)
from locust_push.documents.tiles import tiles
from locust_push.version import __version__

_FOLDER = "templates"

COLOUR_MARKS = {GOOD: " ✓", BAD: " ✗", DOUBTFUL: " !"}
"""Signs with the same meaning as colours."""


def render(report: Report) -> str:
    """Return the page."""
    return page(
        "page.html.jinja",
        report.title,
        report.generated,
        charts(report),
        report=report,
        sentence=comparison_sentence(report.comparison) if report.comparison else "",
        tiles=tiles(report),
        sections=list(_sections(report)),
        endpoints=list(endpoint_parts(report)),
    )


def page(template: str, title: str, generated: float, drawn: Iterable[Chart], **content: object) -> str:
    """Return a page of a template, with charts and whatever else the template names."""
    style, script = asset("page.css"), asset("page.js")
    return (
        templates()
        .get_template(template)
        .render(
            title=title,
            generated=readable_time(generated),
            version=__version__,
            drawings=[drawing.draw(chart) for chart in drawn],
            plane=drawing,
            marks=COLOUR_MARKS,
            style=Markup(style),  # noqa: S704  # from the package
            script=Markup(script),  # noqa: S704  # the same
            policy=f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'",
            **content,
        )
    )


def _sections(report: Report) -> Iterator[tuple[str, str, Grid | None]]:
    """Yield the tables with a key and a heading each, in the order of the page."""
    if report.gate:
        yield "gate", "Gate", gate_grid(report.gate)
    if report.comparison:
        yield "differences", "Differences", comparison_grid(report.comparison)
    yield "requests", "Requests", rows_grid(report.run, ALL_ROW_MEASURES)
    yield "failures", "Failures by kind", failures_grid(report.run, report.baseline)
    if messages := messages_grid(report.run):
        yield "messages", "Error messages", messages


@cache
def templates() -> Environment:
    """Return the template engine."""
    return Environment(
        loader=PackageLoader(__package__, _FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def asset(name: str) -> str:
    """Return the text of a file beside the templates."""
    return resources.files(__package__).joinpath(_FOLDER, name).read_text("utf-8")


def digest(text: str) -> str:
    """Return the hash by which a policy allows a text (CSP 3, section 2.3.1, "hash-source")."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
