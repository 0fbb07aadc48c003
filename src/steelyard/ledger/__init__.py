"""The account: fills, fees, funding, margin, liquidation."""
