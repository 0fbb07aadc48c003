"""The outside, one file each; so far a venue that fills from the fill model."""
