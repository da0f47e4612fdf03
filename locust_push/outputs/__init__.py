"""Where results can go: one module, or one folder of modules, for each destination.

``destination`` defines the interface of a destination, ``registry`` lists all of them. Everything particular to one of
them is in its own module: how its URLs are recognized, how a snapshot is encoded, the one attempt to deliver, what
``locust-push doctor`` examines, and where its runs are read back.
"""
