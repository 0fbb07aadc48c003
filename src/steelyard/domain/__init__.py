"""What every layer speaks of: markets, plans, records, errors, and how to compile."""
