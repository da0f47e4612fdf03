"""The one error of configuration."""

_SHOWN = 200
"""Characters of a value that an error shows; enough to recognise it, short enough for one line."""


class ConfigurationError(Exception):
    """An option cannot be used as it was given. ``str()`` is one line: the option, the value, the problem, the remedy.

    Attributes:
        option: As on the command line, ``--push-url``, or the name of an environment variable.
        value: As given, with secrets already masked by the caller; None if the value does not help.
        problem: What is wrong.
        remedy: What to do.
    """

    def __init__(self, option: str, value: str | None, problem: str, remedy: str) -> None:
        super().__init__(option, value, problem, remedy)
        self.option = option
        self.value = value
        self.problem = problem
        self.remedy = remedy

    @property
    def detail(self) -> str:
        """The line without the option, for argparse, which adds the option itself."""
        shown = "" if self.value is None else f"{_cut(self.value)!r}: "
        return f"{shown}{self.problem}; {self.remedy}"

    def __str__(self) -> str:
        return f"{self.option}{':' if self.value is None else ''} {self.detail}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
