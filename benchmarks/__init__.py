"""Benchmarks: speed and size, as ratios to an alternative that is measured in the same run."""
