"""The report as JSON; docs/report-schema.json is its schema."""

import json

from locust_push.documents.content import Report
from locust_push.documents.json_values import comparison_document, gate_document, summary_document

REPORT_FORMAT = 1
"""Increases when a field changes its meaning or is removed; new fields do not change it."""


def render(report: Report) -> str:
    """Return the document: all contents of the other formats, unrounded."""
    document = {
        "format": REPORT_FORMAT,
        "generated": report.generated,
        "run": summary_document(report.run),
        "baseline": summary_document(report.baseline) if report.baseline else None,
        "comparison": comparison_document(report.comparison) if report.comparison else None,
        "gate": gate_document(report.gate) if report.gate else None,
        "warnings": list(report.warnings),
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"
