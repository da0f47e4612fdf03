"""Options on Locust's command line, in its environment variables and configuration files.

``table`` lists them, ``vault`` keeps their secrets, ``command_line`` adds them to Locust's parser, ``resolve`` makes
:class:`~locust_push.options.settings.Settings` of what was parsed. Nothing in here imports Locust.
"""
