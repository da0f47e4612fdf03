import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.config import values
from locust_push.config.errors import ConfigurationError


def refused(parse: Callable[[str, str], object], text: str) -> str:
    """Return the error message for a value."""
    with pytest.raises(ConfigurationError) as caught:
        parse("--push-x", text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5),
        ("5s", 5),
        ("2m", 120),
        ("1h20m", 4800),
        ("3h30m10s", 12610),
        ("0.5s", 0.5),
        ("500ms", 0.5),
        ("1m500ms", 60.5),
        (".25", 0.25),
        (" 5s ", 5),
        ("0", 0),
    ],
)
def test_duration(text: str, seconds: float) -> None:
    """Durations are read as Locust writes them, and with fractions and milliseconds."""
    assert values.duration("--push-x", text) == seconds


@pytest.mark.parametrize("text", ["", "5x", "-5s", "s", "5s2m", "1e3", "nan", "inf", "5 s", "\u0665s", "9" * 400])
def test_not_a_duration(text: str) -> None:
    """An invalid duration is refused in one line with examples."""
    line = refused(values.duration, text)
    assert line.startswith("--push-x '")
    assert line.endswith(": is not a duration; write it like 5s, 500ms, 2m or 1h20m")


@pytest.mark.parametrize(
    ("parse", "text", "line"),
    [
        (values.positive_duration, "0s", "--push-x '0s': is not longer than 0; write it like 5s, 500ms, 2m or 1h20m"),
        (values.interval, "0", "--push-x '0': is not longer than 0; write it like 5s, 500ms, 2m or 1h20m"),
        (values.interval, "9ms", "--push-x '9ms': is shorter than 10ms; 5s is a good value"),
        (values.interval, "-1s", "--push-x '-1s': is not a duration; write it like 5s, 500ms, 2m or 1h20m"),
        (values.size, "0", "--push-x '0': is not a size above 0; write it like 64MiB, 10MB or 65536"),
        (values.size, "64M", "--push-x '64M': is not a size above 0; write it like 64MiB, 10MB or 65536"),
        (values.size, "much", "--push-x 'much': is not a size above 0; write it like 64MiB, 10MB or 65536"),
        (values.count, "0", "--push-x '0': is not a whole number above 0; write it like 1000"),
        (values.count, "1.5", "--push-x '1.5': is not a whole number above 0; write it like 1000"),
        (values.count, "²", "--push-x '²': is not a whole number above 0; write it like 1000"),
        (values.buckets, "", "--push-x '': is not a list of seconds above 0; write it like 0.1,0.5,1,5"),
        (values.buckets, "0,1", "--push-x '0,1': is not a list of seconds above 0; write it like 0.1,0.5,1,5"),
        (values.buckets, "1,nan", "--push-x '1,nan': is not a list of seconds above 0; write it like 0.1,0.5,1,5"),
        (values.buckets, "1,inf", "--push-x '1,inf': is not a list of seconds above 0; write it like 0.1,0.5,1,5"),
        (values.buckets, "1,x", "--push-x '1,x': is not a list of seconds above 0; write it like 0.1,0.5,1,5"),
        (values.buckets, "2,1", "--push-x '2,1': is not strictly increasing; sort it and remove duplicates"),
        (values.buckets, "1,1", "--push-x '1,1': is not strictly increasing; sort it and remove duplicates"),
        (values.run_id, "a b", "--push-x 'a b': is not a run ID; use 1 to 128 of A-Z a-z 0-9 . _ : -"),
        (values.run_id, "a\n", "--push-x 'a\\n': is not a run ID; use 1 to 128 of A-Z a-z 0-9 . _ : -"),
        (values.run_id, "", "--push-x '': is not a run ID; use 1 to 128 of A-Z a-z 0-9 . _ : -"),
        (values.text_value, " ", "--push-x ' ': is empty; give it a value or leave it out"),
        (values.label_pair, "team", "--push-x 'team': is not name=value; write it like team=checkout"),
        (values.label_pair, "team=", "--push-x 'team=': is not name=value; write it like team=checkout"),
        (
            values.label_pair,
            "a-b=c",
            "--push-x 'a-b=c': has a name that Prometheus refuses; use letters, digits and _ only",
        ),
        (
            values.label_pair,
            "1a=c",
            "--push-x '1a=c': has a name that Prometheus refuses; use letters, digits and _ only",
        ),
        (
            values.label_pair,
            "é=c",
            "--push-x 'é=c': has a name that Prometheus refuses; use letters, digits and _ only",
        ),
        (
            values.label_pair,
            "__a=c",
            "--push-x '__a=c': has a name that is reserved for Prometheus; remove the leading __",
        ),
        (values.http_header, "X-A", "--push-x '***': is not Name=value; write it like X-Scope-OrgID=team-a"),
        (values.http_header, "X A=1", "--push-x '***': is not Name=value; write it like X-Scope-OrgID=team-a"),
        (values.http_header, "=1", "--push-x '***': is not Name=value; write it like X-Scope-OrgID=team-a"),
        (values.http_header, "X-A=1\rB", "--push-x 'X-A=***': has a value that HTTP refuses; use printable ASCII only"),
        (
            values.http_header,
            "X-A=1\nB: 2",
            "--push-x 'X-A=***': has a value that HTTP refuses; use printable ASCII only",
        ),
        (values.http_header, "X-A=é", "--push-x 'X-A=***': has a value that HTTP refuses; use printable ASCII only"),
    ],
)
def test_a_bad_value_is_refused_in_one_line(parse: Callable[[str, str], object], text: str, line: str) -> None:
    """Option, value, problem and fix are in one line."""
    assert refused(parse, text) == line


@pytest.mark.parametrize(
    "name",
    [
        "Content-Type",
        "content-encoding",
        "CONTENT-LENGTH",
        "Host",
        "User-Agent",
        "X-Prometheus-Remote-Write-Version",
        "Transfer-Encoding",
        "Connection",
    ],
)
def test_headers_of_the_protocol_are_not_the_users(name: str) -> None:
    """A header that the protocol sets is refused, in any case of letters."""
    assert (
        refused(values.http_header, f"{name}=x") == f"--push-x '{name}=x': is set by the protocol itself; leave it out"
    )


@pytest.mark.parametrize("text", ["Authorization: Bearer s3cr3t", "Authorization Bearer s3cr3t", "X-Key=s3cr3t\x01"])
def test_a_refused_header_shows_no_secret(text: str) -> None:
    """A secret in an invalid header is not shown."""
    assert "s3cr3t" not in refused(values.http_header, text)


@given(st.text(alphabet="0123456789abcdef", min_size=8), st.sampled_from(["=", ":", " ", "", "\n", "é"]))
def test_no_refused_secret_header_shows_its_value(value: str, separator: str) -> None:
    """The value of an Authorization header is masked, whatever separates it from the name."""
    assert value not in values.masked_header(f"Authorization{separator}{value}")


@pytest.mark.parametrize(
    ("text", "number"),
    [("64MiB", 64 * 2**20), ("10MB", 10**7), ("65536", 65536), ("1.5 KiB", 1536), ("1gib", 2**30), ("8kB", 8000)],
)
def test_size(text: str, number: int) -> None:
    """Sizes are bytes, with binary and decimal units."""
    assert values.size("--push-x", text) == number


def test_count() -> None:
    """A count is a whole number."""
    assert values.count("--push-x", " 1000 ") == 1000


@given(st.lists(st.floats(min_value=1e-6, max_value=1e6), min_size=1, unique=True))
def test_buckets_survive_writing_and_reading(bounds: list[float]) -> None:
    """Sorted bounds are parsed unchanged, whatever they are."""
    written = tuple(sorted(bounds))
    assert values.buckets("--push-x", ", ".join(map(repr, written))) == written


@given(st.text(max_size=140))
def test_a_run_id_is_what_the_pattern_says(text: str) -> None:
    """A text is a run ID exactly if it has 1 to 128 characters of the alphabet."""
    alphabet = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")
    if 1 <= len(text) <= 128 and set(text) <= alphabet:
        assert values.run_id("--push-x", text) == text
    else:
        assert "is not a run ID" in refused(values.run_id, text)


def test_the_longest_run_id() -> None:
    """128 characters are a run ID, 129 are not."""
    assert values.run_id("--push-x", "a" * 128)
    assert "is not a run ID" in refused(values.run_id, "a" * 129)


def test_label() -> None:
    """A label's value is all that follows the first equals sign."""
    assert values.label_pair("--push-x", "note=a=b, c") == ("note", "a=b, c")


def test_header() -> None:
    """A header's name ends at the first equals sign; blanks around the value are removed."""
    assert values.http_header("--push-x", "X-Api-Key= abc== ") == ("X-Api-Key", "abc==")


@given(st.text())
def test_any_text_gives_a_finite_duration_or_one_line(text: str) -> None:
    """No text becomes a duration that is negative, infinite or not a number, or an error of several lines."""
    try:
        good = 0 <= values.duration("--push-x", text) < math.inf
    except ConfigurationError as error:
        good = len(str(error).splitlines()) == 1
    assert good


def test_a_long_value_is_cut() -> None:
    """An error shows at most 200 characters of a value."""
    line = refused(values.count, "x" * 10_000)
    assert len(line) < 300
    assert "…" in line


@pytest.mark.parametrize("form", ["classic", "native", "both"])
def test_histogram(form: str) -> None:
    """A form is parsed from its name, and has the right histograms."""
    read = values.histogram_form("--push-x", f" {form} ")
    assert read == form
    assert (read.has_classic, read.has_native) == (form != "native", form != "classic")


@pytest.mark.parametrize("text", ["", "Native", "none", "classic,native"])
def test_not_a_histogram(text: str) -> None:
    """Other forms are refused, with a list of valid ones."""
    assert "classic, native, both" in refused(values.histogram_form, text)


@pytest.mark.parametrize("schema", range(6))
def test_native_schema(schema: int) -> None:
    """Every schema from 0 to that of the aggregates is valid."""
    assert values.native_schema("--push-x", f" {schema} ") == schema


@pytest.mark.parametrize("text", ["", "-1", "6", "8", "3.0", "fine", "\u0663"])
def test_not_a_native_schema(text: str) -> None:
    """Other schemas are refused, with the range."""
    assert "from 0 (coarse) to 5 (fine)" in refused(values.native_schema, text)
