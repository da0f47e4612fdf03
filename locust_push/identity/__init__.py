"""What identifies a run and describes where it comes from: its ID, the CI job and the commit that it ran for.

Decisions only; the one exception is :func:`locust_push.identity.git.run_command`, which starts ``git`` when asked to.
"""
