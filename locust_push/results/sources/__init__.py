"""The sources of runs: archives, and stores with PromQL."""
