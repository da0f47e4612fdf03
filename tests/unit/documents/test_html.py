import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from locust_push.documents.content import Report
from locust_push.documents.formats import render
from locust_push.results.baselines import Baselines
from locust_push.results.gate import judge
from tests.unit.documents.summaries import GENERATED, HOSTILE, gate_of, points, report, row, summary


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
        """Count a tag."""
        self.tags[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "action", "srcset"}]

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data


def test_the_page_tells_the_run_the_verdict_and_the_baseline() -> None:
    """The page has the run, its baseline, the verdict, the host and the precision."""
    page = Page(render(report("p95 > 100ms", run=summary("after"), base=summary("before")), ".html"))
    for text in ("after", "before", "gate not met: 1 of 1", "https://example.org", "native histograms, ±1.1 %"):
        assert text in page.text


@pytest.mark.parametrize(
    ("with_baseline", "expected"),
    [
        (False, ["Requests", "Failures by kind", "Request by request"]),
        (True, ["Gate", "Differences", "Requests", "Failures by kind", "Request by request"]),
    ],
)
def test_tables_come_with_what_they_are_made_of(with_baseline: bool, expected: list[str]) -> None:
    """Differences need a baseline, verdicts a gate."""
    made = report("p95 > +10%", base=summary("base")) if with_baseline else report()
    assert re.findall(r'<h2 id="\w+">(.*?)</h2>', render(made, ".html")) == expected


def test_why_a_gate_was_not_met_stands_at_the_top() -> None:
    """The reasons of a failed gate come before any number, at most five."""
    names = [f"/{number}" for number in range(20)]
    made = report("p95{name=*} > +10%", run=summary("after", 0.15, names), base=summary("before", names=names))
    html = render(made, ".html")
    reasons = html[html.index('class="reasons"') : html.index('class="facts"')]
    assert "GET /0: p95{name=*} &gt; +10% failed: 450 ms, 300 ms in the baseline" in reasons
    assert reasons.count("<li>") == 6
    assert "and 15 more" in reasons
    assert 'class="reasons"' not in render(report("p95 > 10s"), ".html")


def test_each_request_has_a_part_of_its_own() -> None:
    """A request's section has its numbers and the baseline's, distribution and failures, without scripts."""
    html = render(report(run=summary("after", 0.15), base=summary("before")), ".html")
    part = html[html.index("<details>") : html.index("</details>")]
    for text in ("GET /a", "200 requests, p95 450 ms, 2 % failed", "p99.9", "before 500 ms", "HTTP 503", "<svg"):
        assert text in part, part


def test_several_baselines_are_a_band() -> None:
    """The range of several baselines is drawn below the lines."""
    bases = tuple(summary(f"base{seconds}", seconds) for seconds in (0.1, 0.2, 0.3))
    made = Report.of(judge(gate_of(["p95 > +10%"], ()), summary(), Baselines(bases)), GENERATED)
    assert render(made, ".html").count("spread of the baselines") == 3
    assert "spread of the baselines" not in render(report("p95 > +10%", base=summary("base")), ".html")


def test_names_that_cannot_be_seen_are_escaped() -> None:
    """Control characters in names stay within their cell, as text."""
    html = render(report(run=summary(names=["/a\nb\x07\u202ec"])), ".html")
    assert "/a\\nb\\x07\\u202ec" in html
    assert "\x07" not in html


def test_nothing_is_loaded() -> None:
    """The page contains no address except links to follow."""
    page = Page(render(report(run=summary(ci_url="https://ci.example/1")), ".html"))
    assert page.addresses == ["https://example.org", "https://ci.example/1"]
    assert not page.tags.keys() & {"img", "link", "iframe", "object", "embed"}
    assert page.tags["script"] == 1


def test_hostile_names_are_text() -> None:
    """Hostile names are escaped in rows, types of failures, the run's ID, its labels and the gate."""
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
    """There are no style attributes, which a policy with hashes refuses."""
    assert Page(render(report(base=summary("base")), ".html")).attributes["style"] == 0


def test_a_run_without_anything_to_draw_is_told_so() -> None:
    """Without data, the page says so in place of charts and tables."""
    bare = summary()
    total = replace(bare.aggregated, histogram=(), failures_by_kind={})
    page = Page(render(report(run=replace(bare, series=(), aggregated=total)), ".html"))
    assert page.text.count("nothing was recorded") == 4
    assert "none" in page.text


def test_a_long_run_of_many_names_stays_small() -> None:
    """A day at five seconds with 1,000 names is well below 6 MB, a size that CI servers refuse to show."""
    run = replace(summary(names=[f"/products/{number}" for number in range(1000)]), series=points(0.1, count=17_280))
    assert len(render(report(run=run, base=run), ".html").encode()) < 1_500_000


def test_a_usual_run_is_below_300_kb() -> None:
    """An hour at five seconds with 50 names and a baseline is below its limit."""
    run = replace(summary(names=[f"/products/{number}" for number in range(50)]), series=points(0.1, count=720))
    assert len(render(report(run=run, base=run), ".html").encode()) < 300_000
