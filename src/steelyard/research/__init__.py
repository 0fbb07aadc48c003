"""What is asked of a policy beyond one run: shocks and named windows, later sweeps."""
