"""Where secrets that stood in option values stay, so that Locust's parsed options hold none.

Locust's master sends ``vars(parsed_options)`` to every worker, and its web UI shows options: what is parsed must be
clean at once. Secrets stay in the memory of the process that parsed them, and of processes forked from it later.
"""

from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import MASK
from locust_push.options.table import Option


class Vault:
    """Maps the clean form of option values to what was given. Putting the same value in again changes nothing."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}

    def __repr__(self) -> str:
        return f"<Vault: {len(self._given)} values>"

    def hide(self, option: Option, given: str) -> str:
        """Keep a value and return its clean form."""
        if option.mask is None:
            return given
        clean = option.mask(given)
        self._given[option.dest, clean] = given
        return clean

    def reveal(self, option: Option, clean: str) -> str:
        """Return the value as given; the clean form itself if it came from elsewhere and lacks nothing.

        Raises:
            ConfigurationError: A secret was cut out of it in another process.
        """
        given = self._given.get((option.dest, clean))
        if given is None and option.mask and clean.endswith(MASK):
            remedy = f"set {option.env_var} in this process too; secrets do not travel from master to worker"
            raise ConfigurationError(option.flag, clean, "has a value that is not known here", remedy)
        return clean if given is None else given


PROCESS_VAULT = Vault()
"""The one of this process. Locust makes a new parser for each page of its web UI; they must share one."""
