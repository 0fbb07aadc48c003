"""This package holds catalogues, the checks on entry, resampling and the synthetic market."""
