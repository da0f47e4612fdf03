"""Messages to people: ``message`` has the message, ``channels`` the channels, ``channel_delivery`` the attempts.

Only ``channels`` imports Apprise. :mod:`locust_push.bridge` makes messages from alerts, and :mod:`locust_push.live`
from runs.
"""
