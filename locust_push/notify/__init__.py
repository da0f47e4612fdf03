"""Telling people: messages, the channels that they go to, and how hard that is tried.

``message`` what is told, ``channels`` to whom (the only file that imports Apprise), ``courier`` the attempts,
``run_end`` the summary at the end of a run. Alerts become messages in :mod:`locust_push.bridge`.
"""
