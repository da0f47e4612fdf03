"""The formats of a report, by the suffix of the file that is written."""

import importlib

from locust_push.documents.content import Report

REPORT_FORMATS = {".html": "html", ".md": "markdown", ".xml": "junit", ".json": "json_document"}
"""Suffix of a file -> the module here that writes it."""

__all__ = ["REPORT_FORMATS", "Report", "render"]


def render(report: Report, suffix: str) -> str:
    """Return a report as the text of a file with this suffix, one of :data:`REPORT_FORMATS`.

    A format's module is imported when it is asked for: the page's template engine takes longer than all the others.
    """
    text: str = importlib.import_module(f"locust_push.documents.{REPORT_FORMATS[suffix]}").render(report)
    return text
