from dataclasses import replace

import pytest

from locust_push.documents.formats import render
from locust_push.documents.markdown import MAX_ROWS, escape_markdown
from tests.unit.documents.summaries import HOSTILE, report, summary


def test_a_run_alone() -> None:
    """The report has head, numbers, requests, failures, and folded facts."""
    lines = render(report(run=summary(names=["/a"])), ".md").splitlines()
    assert lines[0] == "## run: finished"
    assert "p95 **300 ms**" in lines[2]
    assert [line for line in lines if line.startswith("###")] == ["### Requests", "### Failures by kind"]
    assert any(line.startswith("| GET /a | 200 | 4 ❌ |") for line in lines)
    assert lines[-1] == "</details>"


def test_a_gate_and_a_baseline() -> None:
    """Failed values have a mark, since Markdown has no colours."""
    made = report("p95 > +10%", run=summary("run", 0.3), base=summary("base"))
    text = render(made, ".md")
    assert text.startswith("## run against base: gate not met&#58; 1 of 1 ❌\n")
    assert "| failed ❌ | p95 &#62; +10% | Aggregated | 900 ms +200 % (" in text
    assert "| 300 ms (1 baseline) |" in text
    assert "300 → 900 +200 % (" in text
    assert "p95 **900 ms** (+200 % (" in text
    assert "All requests together&#58; slower +200 % (" in text


def test_hostile_names_stay_in_their_cell() -> None:
    """Names become no tag, link, code or column; every row has as many cells as the head."""
    text = render(report(run=summary(names=[HOSTILE, "a\n\n# b\r| c"])), ".md")
    assert "<img" not in text
    assert "\n# b" not in text
    table = [line for line in text.splitlines() if line.startswith("|")][:4]
    assert len({line.count("|") for line in table}) == 1


@pytest.mark.parametrize("text", ["<b>", "a|b", "`x`", "*x*", "_x_", "[a](b)", "@team", "https://a", "&amp;", "a\\|b"])
def test_no_character_keeps_a_meaning(text: str) -> None:
    """Every special character becomes a reference."""
    assert not set(escape_markdown(text)) & set("<>|`*_[]@:\\")


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\x00b", "a\u202eb", "a\u2066b"])
def test_what_cannot_be_seen_is_escaped(text: str) -> None:
    """Control characters, and marks of text direction, are escaped."""
    assert escape_markdown(text).isprintable()


def test_a_long_table_is_cut_and_says_so() -> None:
    """Of a long table the totals are kept."""
    run = summary(names=[f"/{number:04}" for number in range(MAX_ROWS + 7)])
    text = render(report(run=replace(run, aggregated=replace(run.aggregated, failures_by_kind={}))), ".md")
    assert "\n7 more rows are in the HTML report.\n" in text
    assert "| Aggregated |" in text
    assert len([line for line in text.splitlines() if line.startswith("| GET")]) == MAX_ROWS
