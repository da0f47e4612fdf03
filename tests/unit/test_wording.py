"""Docs, messages and comments are in plain technical English: words that crept in once stay out."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TEXTS = sorted(
    file
    for pattern in (
        "*.md",
        "docs/*.md",
        "locust_push/**/*.py",
        "benchmarks/**/*.py",
        "examples/*",
        "scripts/*",
        "ci/**/*",
        "templates/*",
        "vars/*",
    )
    for file in REPOSITORY.glob(pattern)
    if file.is_file() and "generated" not in file.parts
)

INSTEAD = {
    r"mends?|mended": "fix, remedy",
    r"shall": "must, will",
    r"strangers?": "third-party, unknown",
    r"needless": "unnecessary",
    r"lest": "so that ... not",
    r"for want of": "because there is no, because ... was reached",
    r"of a kind": "of this type",
    r"by turns": "alternately",
    r"need be": "must be",
    r"(?:is|are|was|were|be) told": "is sent, is logged, is shown, is configured",
    r"tells? of|told of|tells? it|tells? them": "reports, shows",
    r"heard of|hears? of": "receives, knows",
    r"speaks? for": "the master or local process",
    r"without a word": "silently",
    r"in the words of|its own words|server's words": "error text",
    r"said once": "logged once, reported once",
    r"hand(?:s|ed)? round": "share",
}
"""Pattern -> what to write instead."""

WORDS = re.compile(rf"\b(?:{'|'.join(INSTEAD)})\b", re.IGNORECASE)


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_no_dialect(file: Path) -> None:
    """None of the words stands in a page, a message, a docstring or a comment; see what to write instead."""
    lines = enumerate(file.read_text().splitlines(), start=1)
    assert [f"{number}: {found[0]}" for number, line in lines if (found := WORDS.search(line))] == []
