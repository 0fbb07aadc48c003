"""The decision: life cycles, regimes, composition, unwind."""
