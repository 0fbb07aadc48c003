"""The dashboard; empty until a later version."""
