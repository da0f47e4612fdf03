"""Locustfiles of benchmarks."""
