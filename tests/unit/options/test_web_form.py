"""Errors in Locust's start form: only the invalid value is removed."""

from argparse import Namespace
from typing import Any

import pytest

from locust_push.config.errors import ConfigurationError
from locust_push.options.web_form import checked_values, correct


def error(option: str, value: str | None) -> ConfigurationError:
    """Return an error about a value."""
    return ConfigurationError(option, value, "is wrong", "do better")


@pytest.mark.parametrize(
    ("sent", "about", "left"),
    [
        ("team=a,2nd=b", "2nd=b", ["team=a"]),
        (["team=a", "job=b"], "job", ["team=a"]),
        (["team=a", "team=b"], "nothing that is there", ["shift=late"]),
    ],
)
def test_of_a_list_only_the_mistake_is_removed(sent: Any, about: str, left: list[str]) -> None:
    """The value is found by itself or its name; otherwise the list is reset to that before the form's use."""
    checked = {"push_label": ["shift=late"]}
    options = Namespace(push_label=sent)
    assert correct(options, error("--push-label", about), checked)
    assert options.push_label == left


def test_a_single_value_becomes_what_it_was() -> None:
    """An invalid run ID is replaced by that of the command line."""
    options = Namespace(push_run_id="nightly", push_label=None)
    checked = checked_values(options)
    options.push_run_id = "not one!"
    assert correct(options, error("--push-run-id", "not one!"), checked)
    assert options.push_run_id == "nightly"


@pytest.mark.parametrize("option", ["--push-run-id", "--push-url"])
def test_what_is_not_from_the_form_stays(option: str) -> None:
    """An error in another option, or in a value from before, is not handled here."""
    options = Namespace(push_run_id="not one!", push_url="not one!")
    assert not correct(options, error(option, "not one!"), checked_values(options))
