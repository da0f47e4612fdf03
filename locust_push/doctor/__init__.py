"""Finding out why pushing to a URL would not work, before a run does.

``check`` holds what a finding is, ``common`` what holds for any server, ``remote_write`` and ``pushgateway`` push a
probe as a run would. What they leave behind is nothing on a Pushgateway, and elsewhere one series,
:data:`~locust_push.doctor.remote_write.SERIES`.
"""

from locust_push.doctor.check import Check, Level
from locust_push.doctor.pushgateway import examine_pushgateway
from locust_push.doctor.remote_write import examine_remote_write

__all__ = ["Check", "Level", "examine_pushgateway", "examine_remote_write"]
