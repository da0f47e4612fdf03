"""Reports of a run, alone or with a baseline and the verdicts of a gate, as files to hand round.

``content`` is what a report is made of, ``tables`` and ``charts`` what it shows; ``html``, ``markdown``, ``junit`` and
``data`` (JSON) write it. Pure: text comes out, and nothing is read but the page's own templates.
"""

import importlib

from locust_push.report.content import Report

FORMATS = {".html": "html", ".md": "markdown", ".xml": "junit", ".json": "data"}
"""Suffix of a file -> the module here that writes it."""

__all__ = ["FORMATS", "Report", "render"]


def render(report: Report, suffix: str) -> str:
    """Return a report as the text of a file with this suffix, one of :data:`FORMATS`.

    A format's module is imported when it is asked for: the page's template engine takes longer than all the others.
    """
    text: str = importlib.import_module(f"locust_push.report.{FORMATS[suffix]}").render(report)
    return text
