"""Targets and holdings to orders: bands, lots, caps, margin defence."""
