"""The compiled walk over a whole history, with its fill and cost models."""
