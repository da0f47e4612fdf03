"""What a process is configured with: values, secrets, URLs, and the one error that says what is wrong with them.

Pure but for secret files. Which options there are is a matter of :mod:`locust_push.options`.
"""
