import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from locust_push.documents.formats import render
from tests.unit.documents.summaries import (
    HOSTILE,
    points,
    report,
    row,
    summary,
)


class Page(HTMLParser):
    """Counts tags, keeps addresses, and the text outside of style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.attributes: Counter[str] = Counter()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it."""
        self.tags[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "action", "srcset"}]

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.text += data


def test_the_page_tells_the_run_the_verdict_and_the_baseline() -> None:
    """In its head, in words."""
    page = Page(render(report("p95 > 100ms", run=summary("after"), base=summary("before")), ".html"))
    for text in ("after", "before", "gate not met: 1 of 1", "https://example.org", "native histograms, ±1.1 %"):
        assert text in page.text


@pytest.mark.parametrize(
    ("with_baseline", "expected"),
    [(False, ["Requests", "Failures by kind"]), (True, ["Gate", "Differences", "Requests", "Failures by kind"])],
)
def test_tables_come_with_what_they_are_made_of(with_baseline: bool, expected: list[str]) -> None:
    """Differences need a baseline, verdicts a gate."""
    made = report("p95 > +10%", base=summary("base")) if with_baseline else report()
    assert re.findall(r'<h2 id="\w+">(.*?)</h2>', render(made, ".html")) == expected


def test_nothing_is_loaded() -> None:
    """No address in the page but those of links that somebody may follow."""
    page = Page(render(report(run=summary(ci_url="https://ci.example/1")), ".html"))
    assert page.addresses == ["https://example.org", "https://ci.example/1"]
    assert not page.tags.keys() & {"img", "link", "iframe", "object", "embed"}
    assert page.tags["script"] == 1


def test_hostile_names_are_text() -> None:
    """Wherever they stand: rows, kinds of failures, the run's ID, its labels, the gate."""
    run = summary(HOSTILE, names=[HOSTILE])
    run = replace(run, run=replace(run.run, info={HOSTILE: HOSTILE, "host": HOSTILE}))
    run = replace(run, rows=(row(HOSTILE, kinds={HOSTILE: 2}),), aggregated=row("Aggregated", kinds={HOSTILE: 2}))
    html = render(report('p95{name="*"} > 100ms', run=run, base=run), ".html")
    page = Page(html)
    assert page.tags["img"] == 0
    assert page.tags["script"] == 1
    assert page.attributes["onerror"] == 0
    assert page.text.count("<img src=x") >= 6


def test_the_page_does_without_style_attributes() -> None:
    """A policy that lets the style sheet pass by its hash refuses those."""
    assert Page(render(report(base=summary("base")), ".html")).attributes["style"] == 0


def test_a_run_without_anything_to_draw_is_told_so() -> None:
    """No empty axes, no table without rows."""
    bare = summary()
    total = replace(bare.aggregated, histogram=(), failures_by_kind={})
    page = Page(render(report(run=replace(bare, series=(), aggregated=total)), ".html"))
    assert page.text.count("nothing was recorded") == 4
    assert "none" in page.text


def test_a_long_run_of_many_names_stays_small() -> None:
    """A day at five seconds and 1,000 names: well below what CI servers refuse to show, 6 MB."""
    run = replace(summary(names=[f"/products/{number}" for number in range(1000)]), series=points(0.1, count=17_280))
    assert len(render(report(run=run, base=run), ".html").encode()) < 1_500_000


def test_a_usual_run_is_below_300_kb() -> None:
    """An hour at five seconds, 50 names, with a baseline."""
    run = replace(summary(names=[f"/products/{number}" for number in range(50)]), series=points(0.1, count=720))
    assert len(render(report(run=run, base=run), ".html").encode()) < 300_000
