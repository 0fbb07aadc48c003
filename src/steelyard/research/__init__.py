"""Sweeps and guards against overfitting; empty until a later version."""
