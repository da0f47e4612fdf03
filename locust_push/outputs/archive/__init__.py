"""A local folder that keeps runs. Imports nothing."""
