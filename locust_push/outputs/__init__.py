"""Where results can go: one module, or one folder of modules, for each destination.

``destination`` says what a destination has to offer, ``registry`` lists those that there are. Everything else that is
particular to one of them is in its own module: how its URLs are recognized, how a snapshot is encoded, the one attempt
to deliver, what ``locust-push doctor`` examines, and where its runs are read back.
"""
