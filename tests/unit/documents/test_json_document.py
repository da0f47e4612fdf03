import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from locust_push.documents.content import Report
from locust_push.documents.formats import render
from locust_push.results.model import Bucket
from tests.unit.documents.summaries import HOSTILE, report, summary

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report-schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def document(made: Report) -> Any:
    return json.loads(render(made, ".json"))


def test_the_schema_is_one() -> None:
    """The schema itself is valid."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "made",
    [
        report(),
        report("p95 > +10%", "p50{name=/none} > 1s", run=summary(names=["/a", HOSTILE]), base=summary("base")),
        report("rps < 1"),
    ],
)
def test_reports_are_as_the_schema_says(made: Report) -> None:
    """Reports with and without baseline and gate match the schema; missing values are null, not NaN."""
    VALIDATOR.validate(document(made))


def test_a_run_of_which_little_is_known() -> None:
    """A run without start, durations and last bound matches the schema."""
    whole = summary()
    total = replace(whole.aggregated, response_times={}, histogram=(Bucket(1.0, float("inf"), 2),))
    bare = replace(whole, run=replace(whole.run, start_time=None, end_time=None), aggregated=total, series=())
    found = document(report(run=bare))
    VALIDATOR.validate(found)
    assert found["run"]["aggregated"]["p95"] is None
    assert found["run"]["aggregated"]["histogram"] == [[1.0, None, 2]]


@pytest.mark.parametrize("field", ["format", "run", "gate", "comparison", "baseline", "generated", "warnings"])
def test_the_schema_misses_what_is_not_there(field: str) -> None:
    """A document without a required field does not match the schema."""
    found = document(report())
    del found[field]
    assert not VALIDATOR.is_valid(found)
