import signal

# A shell that starts a command in the background may have it ignore SIGINT, which every process inherits that a test
# starts; those that are to be ended by Ctrl-C would not receive it.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.servers.fixtures"]
