"""Where results are pushed to: one module per destination, behind the interface of ``sink``."""
