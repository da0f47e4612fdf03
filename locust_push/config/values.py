"""Parses option values, one function per kind. Pure; each raises :class:`ConfigurationError` with the option's name.

Each value is checked here, when the command line is parsed and when settings are made; checks that need more than one
value are in :mod:`locust_push.options.settings`.
"""

import itertools
import math
import re
from enum import StrEnum
from pathlib import Path

from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import MASK, is_sensitive
from locust_push.core.native import SCHEMAS
from locust_push.core.values import utf8_text

MIN_INTERVAL = 0.01
"""Seconds. Timestamps are milliseconds and strictly increasing; a tick below ten of them measures only itself."""

_NUMBER = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_PLAIN = _NUMBER
_DURATION = rf"(?:(?P<h>{_NUMBER})h)?(?:(?P<m>{_NUMBER})m(?!s))?(?:(?P<s>{_NUMBER})s)?(?:(?P<ms>{_NUMBER})ms)?"
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SIZE = rf"(?P<number>{_NUMBER})\s*(?P<unit>[A-Za-z]*)"
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_RUN_ID = r"[A-Za-z0-9._:-]{1,128}"
_AWS_REGION = r"[a-z]{2,8}(-[a-z]+)+-[0-9]{1,2}"
_LABEL_NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_FIELD_VALUE = r"[\t\x20-\x7e]*"
_HEADER_START = rf"({_HEADER_NAME})([:=])"

_OWN_HEADERS = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-prometheus-remote-write-version",
    }
)
"""Headers that the protocols (remote-write specification, "Protocol"; Pushgateway API) or the transport set."""


def duration(option: str, text: str) -> float:
    """Return seconds, ≥ 0. As Locust writes durations (``20``, ``5s``, ``1h20m``), and ``500ms`` or ``0.5s`` too."""
    seconds = _seconds(text.strip())
    if seconds is None or not math.isfinite(seconds):
        raise ConfigurationError(option, text, "is not a duration", "write it like 5s, 500ms, 2m or 1h20m")
    return seconds


def _seconds(text: str) -> float | None:
    if re.fullmatch(_PLAIN, text):
        return float(text)
    match = re.fullmatch(_DURATION, text)
    if not text or not match:
        return None
    return sum(float(number) * _SECONDS[unit] for unit, number in match.groupdict().items() if number)


def positive_duration(option: str, text: str) -> float:
    """Return seconds, > 0; syntax as :func:`duration`."""
    seconds = duration(option, text)
    if seconds <= 0:
        raise ConfigurationError(option, text, "is not longer than 0", "write it like 5s, 500ms, 2m or 1h20m")
    return seconds


def interval(option: str, text: str) -> float:
    """Return seconds, ≥ 0.01; syntax as :func:`duration`."""
    seconds = positive_duration(option, text)
    if seconds < MIN_INTERVAL:
        raise ConfigurationError(option, text, "is shorter than 10ms", "5s is a good value")
    return seconds


def size(option: str, text: str) -> int:
    """Return bytes, ≥ 1, from ``64MiB``, ``10MB`` or plain bytes; KiB, MiB, GiB count in 1024, kB, MB, GB in 1000."""
    match = re.fullmatch(_SIZE, text.strip())
    unit = _BYTES.get(match["unit"].lower()) if match else None
    number = float(match["number"]) if match else 0.0
    if unit is None or not 1 <= number * unit < math.inf:
        raise ConfigurationError(option, text, "is not a size above 0", "write it like 64MiB, 10MB or 65536")
    return int(number * unit)


def count(option: str, text: str) -> int:
    """Return a whole number ≥ 1."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18 or int(digits) < 1:
        raise ConfigurationError(option, text, "is not a whole number above 0", "write it like 1000")
    return int(digits)


def confidence(option: str, text: str) -> float:
    """Return a share from half to almost 1, from a percentage such as ``99%``."""
    digits = text.strip().removesuffix("%").strip()
    known = re.fullmatch(r"[0-9]{2}(\.[0-9]{1,6})?", digits)
    if not known or not 50 <= float(digits) < 100:
        raise ConfigurationError(option, text, "is not a percentage from 50 to below 100", "write it like 99%")
    return float(digits) / 100


def listen_address(option: str, text: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``; an empty host means all interfaces, port 0 any free one."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ConfigurationError(option, text, "is not an address to listen on", "write it like 127.0.0.1:9095")
    return host.removeprefix("[").removesuffix("]"), int(port)


def switch(option: str, text: str) -> bool:
    """Return True for ``on`` and False for ``off``."""
    if text not in {"on", "off"}:
        raise ConfigurationError(option, text, "is neither on nor off", "write on or off")
    return text == "on"


def buckets(option: str, text: str) -> tuple[float, ...]:
    """Return histogram bounds in seconds, strictly increasing, from numbers between commas or spaces."""
    try:
        bounds = tuple(float(piece) for piece in text.replace(",", " ").split())
    except ValueError:
        bounds = ()
    if not bounds or not all(0 < bound < math.inf for bound in bounds):
        raise ConfigurationError(option, text, "is not a list of seconds above 0", "write it like 0.1,0.5,1,5")
    if any(lower >= upper for lower, upper in itertools.pairwise(bounds)):
        raise ConfigurationError(option, text, "is not strictly increasing", "sort it and remove duplicates")
    return bounds


class HistogramForm(StrEnum):
    """How durations are pushed."""

    CLASSIC = "classic"
    NATIVE = "native"
    BOTH = "both"

    @property
    def has_classic(self) -> bool:
        """Whether as classic buckets."""
        return self is not HistogramForm.NATIVE

    @property
    def has_native(self) -> bool:
        """Whether as native histograms."""
        return self is not HistogramForm.CLASSIC


def histogram_form(option: str, text: str) -> HistogramForm:
    """Return the form that a text names."""
    try:
        return HistogramForm(text.strip())
    except ValueError:
        remedy = f"give one of {', '.join(HistogramForm)}"
        raise ConfigurationError(option, text, "is not a histogram form", remedy) from None


def native_schema(option: str, text: str) -> int:
    """Return a schema of native histograms, one of :data:`~locust_push.core.native.SCHEMAS`."""
    schema = {str(number): number for number in SCHEMAS}.get(text.strip())
    if schema is None:
        remedy = f"give a whole number from {SCHEMAS[0]} (coarse) to {SCHEMAS[-1]} (fine)"
        raise ConfigurationError(option, text, "is not a schema", remedy)
    return schema


def run_id(option: str, text: str) -> str:
    """Return a run ID: 1 to 128 of the letters, digits and ``._:-``, which need no escape in a URL, file or query.

    Not ``.`` or ``..``, since it names a folder, too.
    """
    if text in {".", ".."}:
        raise ConfigurationError(option, text, "is not a run ID", "add letters or digits: it is the name of a folder")
    if not re.fullmatch(_RUN_ID, text):
        raise ConfigurationError(option, text, "is not a run ID", "use 1 to 128 of A-Z a-z 0-9 . _ : -")
    return text


class PushFrom(StrEnum):
    """Which processes of a distributed run push."""

    ALL = "all"
    MASTER = "master"


def push_from(option: str, text: str) -> PushFrom:
    """Return which processes push. A URL is ignored.

    The environment variable LOCUST_PUSH_FROM also sets where the commands read runs, if it holds a URL.
    """
    if ":" in text:
        return PushFrom.ALL
    try:
        return PushFrom(text)
    except ValueError:
        raise ConfigurationError(option, text, "is neither all nor master", "use all or master") from None


def text_value(option: str, text: str) -> str:
    """Return a label value that must not be empty: to Prometheus an empty label is no label."""
    if not text.strip():
        raise ConfigurationError(option, text, "is empty", "give it a value or leave it out")
    return utf8_text(text)


def label_pair(option: str, text: str) -> tuple[str, str]:
    """Return name and value of ``name=value``; names as in the Prometheus data model, without the reserved ``__``."""
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not value:
        raise ConfigurationError(option, text, "is not name=value", "write it like team=checkout")
    if not re.fullmatch(_LABEL_NAME, name):
        raise ConfigurationError(option, text, "has a name that Prometheus refuses", "use letters, digits and _ only")
    if name.startswith("__"):
        raise ConfigurationError(option, text, "has a name that is reserved for Prometheus", "remove the leading __")
    return name, utf8_text(value)


def aws_region(option: str, text: str) -> str:
    """Return an AWS region, such as ``us-east-1`` or ``us-gov-west-1``; an availability zone has a letter more."""
    if not re.fullmatch(_AWS_REGION, text):
        raise ConfigurationError(option, text, "is not an AWS region", "write it like us-east-1")
    return text


def http_header(option: str, text: str) -> tuple[str, str]:
    """Return name and value of ``Name=value``; the name a token, the value printable ASCII (RFC 9110, 5.1 and 5.5)."""
    name, equals, value = text.partition("=")
    name, value = name.strip(), value.strip(" \t")
    if not equals or not re.fullmatch(_HEADER_NAME, name):
        raise ConfigurationError(option, masked_header(text), "is not Name=value", "write it like X-Scope-OrgID=team-a")
    if not re.fullmatch(_FIELD_VALUE, value):
        raise ConfigurationError(option, f"{name}={MASK}", "has a value that HTTP refuses", "use printable ASCII only")
    if name.lower() in _OWN_HEADERS:
        raise ConfigurationError(option, masked_header(text), "is set by the protocol itself", "leave it out")
    return name, value


def masked_header(text: str) -> str:
    """Return a header option for display: with its value only if there is a name that does not suggest a secret."""
    match = re.match(_HEADER_START, text.strip())
    if match is None:
        return MASK
    name, separator = match.groups()
    return f"{name}{separator}{MASK}" if separator == ":" or is_sensitive(name) else text


REPORT_SUFFIXES = (".html", ".md", ".xml", ".json")
"""Suffixes that ``--push-report`` accepts; each has its format in :mod:`locust_push.documents`."""


def report_file(option: str, text: str) -> Path:
    """Return the path of a report.

    Raises:
        ConfigurationError: Its suffix is not that of a report format.
    """
    path = Path(text)
    if path.suffix not in REPORT_SUFFIXES:
        raise ConfigurationError(
            option, text, "has no known format", f"use one of the suffixes {' '.join(REPORT_SUFFIXES)}"
        )
    return path
