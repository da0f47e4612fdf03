"""Options on Locust's command line, in its environment variables and configuration files.

``table`` lists them, ``vault`` keeps their secrets, ``command_line`` adds them to Locust's parser, ``resolve`` makes
:class:`~locust_push.settings.Settings` of what was parsed. Nothing in here imports Locust.
"""

from locust_push.options.command_line import add_options
from locust_push.options.resolve import log_file_from_options, settings_from_options, web_metrics
from locust_push.options.table import OPTIONS, Option, markdown_table
from locust_push.options.vault import PROCESS_VAULT, Vault

__all__ = [
    "OPTIONS",
    "PROCESS_VAULT",
    "Option",
    "Vault",
    "add_options",
    "log_file_from_options",
    "markdown_table",
    "settings_from_options",
    "web_metrics",
]
