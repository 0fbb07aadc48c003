"""The features: pure functions from arrays to arrays, one family per file."""
