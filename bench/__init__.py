"""Benchmarks: what the hub promises about calls, time and memory, measured against both simulators."""
