"""scripts/generate-docs: the pages that are made from the code are as the code is."""

import re
from types import ModuleType

import pytest

from locust_push.options.table import OPTIONS
from tests.unit import programs


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """The program as a module."""
    return programs.load("generate-docs")


def test_the_pages_are_as_the_code_is(program: ModuleType) -> None:
    """docs/cli.md and the table of docs/options.md."""
    for page, text in program.pages().items():
        assert page.read_text() == text, "run scripts/generate-docs"


def test_the_table_has_a_row_for_each_option(program: ModuleType) -> None:
    """It has a head and one row of four cells for each option."""
    lines = program.options_markdown().splitlines()
    assert len(lines) == 2 + len(OPTIONS)
    assert {len(re.split(r"(?<!\\)\|", line)) for line in lines} == {6}
    assert "| `--push-interval TIME` | `LOCUST_PUSH_INTERVAL` | `5s` | Time between two pushes. |" in lines
