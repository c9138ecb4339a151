"""The benchmarks behind ``carehub bench``: each measured beside its floor, in the same run."""
