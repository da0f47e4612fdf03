"""Docs, messages, docstrings and comments are in plain technical English: idioms that were removed stay out."""

import io
import re
import tokenize
from collections.abc import Iterator
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
        "monitoring/**/*.py",
        "tests/**/*.py",
        "examples/*",
        "scripts/*",
        "ci/**/*",
        "templates/*",
        "vars/*",
    )
    for file in REPOSITORY.glob(pattern)
    if file.is_file() and "generated" not in file.parts and file != Path(__file__)
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
    r"told|tells": "is sent, is logged, shows, reports; distinguishes",
    r"hears?|heard": "receives",
    r"speaks?|spoken": "supports, implements",
    r"without a word": "silently",
    r"in the words of|(?:its own|server's) words|last word": "error text, message",
    r"said once": "logged once, reported once",
    r"hand(?:s|ed)? round": "share",
    r"whoever|somebody|everybody|anybody": "the user, the process that, others",
    r"in vain": "without success, failed",
    r"for ever": "forever, permanently",
    r"so (?:many|few) (?:seconds|more|requests|runs|milliseconds|bytes)": "a number of",
    r"(?:came|comes?) of|bec(?:a|o)mes? of": "the result of, the outcome of",
    r"(?:held|holds?) (?:\w+ )?against": "compared with",
    r"gives? way": "yields",
    r"(?:goes|going|went) on": "continues, is in progress",
    r"under way": "in progress",
    r"all the same": "nevertheless",
    r"stays? behind|left in peace": "is kept, is ignored",
}
"""Pattern -> what to write instead."""

IDIOMS = re.compile(rf"\b(?:{'|'.join(INSTEAD)})\b", re.IGNORECASE)
PROSE = (tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))


def prose(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file with their numbers; of Python only comments and strings."""
    text = file.read_text()
    if file.suffix != ".py":
        yield from enumerate(text.splitlines(), start=1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in PROSE:
            without_values = re.sub(r"\{[^{}]*\}", "", token.string)
            yield from enumerate(without_values.splitlines(), start=token.start[0])


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_no_idioms(file: Path) -> None:
    """No page, message, docstring or comment contains one of the patterns; see what to write instead."""
    assert [f"{number}: {found[0]}" for number, line in prose(file) if (found := IDIOMS.search(line))] == []


def test_only_prose_is_read(tmp_path: Path) -> None:
    """Names of variables may contain such a word, docstrings and comments may not."""
    file = tmp_path / "module.py"
    file.write_text('"""It is told."""\ntold = f"{told}"  # heard\n')
    assert [number for number, line in prose(file) if IDIOMS.search(line)] == [1, 2]
