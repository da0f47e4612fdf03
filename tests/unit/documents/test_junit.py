from dataclasses import replace
from xml.etree import ElementTree as ET

from locust_push.documents.formats import render
from tests.unit.documents.summaries import HOSTILE, report, summary

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message", "type"},
    "skipped": {"message"},
    "system-out": set(),
}
"""What every reader of JUnit XML knows."""


def document(*expressions: str, **runs: object) -> ET.Element:
    return ET.fromstring(render(report(*expressions, **runs), ".xml").encode())  # type: ignore[arg-type]  # of the fixture  # noqa: S314  # ours


def test_an_expression_on_a_row_is_a_test_case() -> None:
    """A failed or unjudged expression has a failure with the reason."""
    run = summary("run", 0.2)
    root = document("p95{name=*} > 500ms", "p50 > 5s", "p99{name=/none} > 1s", run=run)
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert list(cases) == [
        "not p95{name=*} > 500ms: GET /a",
        "not p95{name=*} > 500ms: GET /b",
        "not p50 > 5s: Aggregated",
        "not p99{name=/none} > 1s: /none",
    ]
    failure = cases["not p95{name=*} > 500ms: GET /a"].find("failure")
    assert failure is not None
    assert failure.get("message") == "failed: p95 600 ms, limit 500 ms"
    unjudged = cases["not p99{name=/none} > 1s: /none"].find("failure")
    assert unjudged is not None
    assert unjudged.get("message") == "not judged: no request matches"
    assert cases["not p50 > 5s: Aggregated"].find("failure") is None


def test_counts_are_those_of_the_cases() -> None:
    """Counts are in both elements, since readers use either."""
    root = document("p95{name=*} > 100ms", "p50 > 5s", "p99{name=/none} > 1s", allow=["unjudged"])
    for element in (root, root[0]):
        assert int(element.get("tests", "")) == len(list(root.iter("testcase"))) == 4
        assert int(element.get("failures", "")) == len(list(root.iter("failure"))) == 2
    assert int(root[0].get("skipped", "")) == len(list(root.iter("skipped"))) == 1


def test_a_run_that_is_not_whole_is_a_failure_of_its_own() -> None:
    """An incomplete run is a failure, whatever the expressions say of it."""
    whole = summary()
    root = document("p50 > 5s", run=replace(whole, run=replace(whole.run, cut_short="interrupted")))
    messages = [failure.get("message") for failure in root.iter("failure")]
    assert messages == ["the run was interrupted before its time was over"]
    assert root.get("failures") == root[0].get("failures") == "1"
    assert root[0].get("tests") == "2"


def test_a_value_has_the_digits_that_tell_it_from_its_limit() -> None:
    """A failure shows enough digits to distinguish value and limit."""
    (failure,) = document("p95 > 300ms", run=summary("run", 0.10004)).iter("failure")
    assert failure.get("message") == "failed: p95 300.1 ms, limit 300.0 ms"


def test_only_known_elements_and_attributes() -> None:
    """Elements, attributes and their order are those that schemas allow."""
    root = document("p95 > +10%", run=summary(users="99"), base=summary("base"))
    for element in root.iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag]
    assert [child.tag for child in root[0]] == ["testcase", "system-out"]


def test_hostile_names_are_held() -> None:
    """Control characters, which XML cannot contain, are replaced."""
    root = document("p95{name=*} > 100ms", run=summary("\x1b[31m", names=[HOSTILE]))
    names = [case.get("name", "") for case in root.iter("testcase")]
    assert names[0].endswith(HOSTILE.replace("\x00", "\N{REPLACEMENT CHARACTER}"))


def test_without_a_gate_there_is_no_test_case() -> None:
    """The document is well-formed without a gate."""
    assert document()[0].get("tests") == "0"
