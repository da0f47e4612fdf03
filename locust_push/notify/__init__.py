"""Sends messages to people: ``message`` has the message, ``channels`` the places, ``channel_delivery`` the attempts.

Only ``channels`` imports Apprise. :mod:`locust_push.bridge` makes messages of alerts, and :mod:`locust_push.live` of
runs.
"""
