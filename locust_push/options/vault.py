"""Keeps the secrets of option values, so that Locust's parsed options contain none.

Locust's master sends ``vars(parsed_options)`` to every worker, and its web UI shows options, so that parsed options
must not contain secrets at any time. Secrets stay in the memory of the process that parsed them, and of its forked
children.
"""

from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import MASK
from locust_push.options.table import Option


class Vault:
    """Maps option values without secrets to the values as given. Adding the same value again changes nothing."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}

    def __repr__(self) -> str:
        return f"<Vault: {len(self._given)} values>"

    def hide(self, option: Option, given: str) -> str:
        """Keep a value; return it without secrets."""
        if option.mask is None:
            return given
        clean = option.mask(given)
        self._given[option.dest, clean] = given
        return clean

    def reveal(self, option: Option, clean: str) -> str:
        """Return the value as given, or ``clean`` itself if another process set it and it had no secret.

        Raises:
            ConfigurationError: Another process removed a secret from it.
        """
        given = self._given.get((option.dest, clean))
        if given is None and option.mask and clean.endswith(MASK):
            remedy = f"set {option.env_var} in this process too; secrets are not sent from master to worker"
            raise ConfigurationError(option.flag, clean, "has a secret that this process does not know", remedy)
        return clean if given is None else given


PROCESS_VAULT = Vault()
"""The vault of this process: Locust creates a parser for each page of its web UI, and all of them share it."""
