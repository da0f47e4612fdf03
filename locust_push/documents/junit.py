"""The verdicts of a gate as JUnit XML, for the test tabs of CI servers: an expression on a row is a test case.

There is no standard. The output follows what the schema of Jenkins' xUnit plugin (``junit-10.xsd``) and the readers of
Jenkins' JUnit plugin and of GitLab have in common.
"""

import re
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from locust_push.documents.content import Report
from locust_push.results.gate import GateResult
from locust_push.results.judgement import Judgement, Outcome

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped (section 2.2)."""


def render(report: Report) -> str:
    """Return the document; without a gate it has no test case."""
    judgements, problems = _all(report.gate), report.gate.problems if report.gate else ()
    counts = {
        "tests": str(len(judgements) + len(problems)),
        "failures": str(sum(not judgement.met for judgement in judgements) + len(problems)),
        "errors": "0",
    }
    root = Element("testsuites", {"name": "locust-push", **counts})
    suite = SubElement(root, "testsuite", {"name": _clean(report.run.run.run_id), **counts, **_more(report)})
    for problem in problems:
        _failure(_testcase(suite, "the run is whole"), problem, report)
    for judgement in judgements:
        _case(suite, judgement, report)
    if report.gate and report.gate.warnings:
        SubElement(suite, "system-out").text = _clean("\n".join(report.gate.warnings))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _more(report: Report) -> dict[str, str]:
    run = report.run.run
    skipped = sum(judgement.outcome is Outcome.ALLOWED for judgement in _all(report.gate))
    start = report.generated if run.start_time is None else run.start_time
    return {
        "skipped": str(skipped),
        "time": f"{run.duration or 0:.3f}",
        "timestamp": f"{datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%S}",
    }


def _all(gate: GateResult | None) -> tuple[Judgement, ...]:
    return gate.judgements if gate else ()


def _case(suite: Element, judgement: Judgement, report: Report) -> None:
    case = _testcase(suite, f"not {judgement.expression.text}: {judgement.label}")
    if not judgement.met:
        _failure(case, said(judgement), report)
    elif judgement.outcome is Outcome.ALLOWED:
        SubElement(case, "skipped", {"message": _clean(said(judgement))})
    else:
        SubElement(case, "system-out").text = _clean(said(judgement))


def _testcase(suite: Element, name: str) -> Element:
    return SubElement(suite, "testcase", {"classname": "locust-push.gate", "name": _clean(name), "time": "0"})


def _failure(case: Element, message: str, report: Report) -> None:
    failure = SubElement(case, "failure", {"message": _clean(message), "type": "gate"})
    failure.text = _clean(f"{message}\nrun {report.run.run.run_id}")


def said(judgement: Judgement) -> str:
    """Return a judgement in a line: the measured value and its limit."""
    measure, value, limit = judgement.expression.measure, judgement.value, judgement.limit
    measured = f"{measure.name} {measure.show(value, limit)}, limit {measure.show(limit, value)}"
    relative = f", baseline {measure.show(judgement.baseline, value)}" if judgement.expression.relative else ""
    return f"{judgement.outcome}: {judgement.reason or measured + relative}"


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
