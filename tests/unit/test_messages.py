"""docs/messages.md has every warning and error that the package logs, and every reason of a loss."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from locust_push.delivery import answer, http, ledger, suspicion
from locust_push.outputs.remote_write import refusals, written

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/messages.md").read_text()
LEVELS = {"warning", "error", "exception", "critical"}

REASONS = {
    *(ledger.BUFFER, ledger.FLUSH_TIMEOUT, ledger.FINISHED, ledger.SPOOL, ledger.SPOOL_LIMIT, ledger.ENCODING),
    *(ledger.INTERNAL, answer.WEB_PAGE, suspicion.UNDELIVERABLE, refusals.NATIVE_HISTOGRAMS, written.UNWRITTEN),
    *("connection", "http_…", *(reason for reason, _ in http.REASONS)),
}


def logged(file: Path) -> Iterator[str]:
    """Yield the texts of warnings and errors in a module, with … for values."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(ast.Attribute(ast.Name("logger"), level), [text, *_]) if level in LEVELS:
                assert isinstance(text, ast.Constant), f"{file}:{node.lineno}: the text must be a literal"
                yield re.sub(r"%(?:\.\d+)?[a-z]", "…", str(text.value))


def listed(section: str) -> list[str]:
    """Return the texts in the first column of the tables of the page, before or after its last section."""
    return re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)


def test_every_message_has_its_meaning() -> None:
    """The tables have exactly the texts in the code, each once."""
    texts = {text for file in (REPOSITORY / "locust_push").rglob("*.py") for text in logged(file)}
    assert sorted(listed(PAGE.partition("## Reasons")[0])) == sorted(f"`{text}`" for text in texts)


def test_every_reason_has_its_meaning() -> None:
    """The table has exactly the reasons of failed attempts and losses."""
    cells = listed(PAGE.partition("## Reasons")[2])
    assert sorted(re.findall(r"`(\S+?)`", " ".join(cells))) == sorted(REASONS)
