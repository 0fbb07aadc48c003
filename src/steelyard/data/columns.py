"""This file names the columns of every kind of series in a catalogue."""

from typing import Final

TS: Final = "ts"
"""Stamp, UTC: open of a bar, or settlement."""

OPEN: Final = "open"
HIGH: Final = "high"
LOW: Final = "low"
CLOSE: Final = "close"
VOLUME: Final = "volume"
PRICES: Final = (OPEN, HIGH, LOW, CLOSE)

VALUE: Final = "value"
"""Of a series that has one number a day."""

RATE: Final = "rate"
INTERVAL_HOURS: Final = "interval_hours"

SYMBOL: Final = "symbol"
FLOOR: Final = "min_notional"
CAP: Final = "max_notional"
MARGIN_RATE: Final = "maint_margin_rate"
DEDUCTION: Final = "maint_amount"
LEVERAGE: Final = "max_leverage"
"""Largest leverage of a tier; optional, NaN where it is unknown."""

SOURCE: Final = "source"
"""Of a ladder, where it comes from, in words; optional."""

TIER_NUMBERS: Final = (FLOOR, CAP, MARGIN_RATE, DEDUCTION)

EXPIRY: Final = "expiry"
"""Settlement of a dated contract, UTC."""

AVAILABLE: Final = "available"
"""Of a recorded row: when it was received, UTC; ``ts`` is the time that the venue says."""

OPEN_INTEREST: Final = "open_interest"
"""Coins; of a coin-margined contract, quote currency."""

NEXT: Final = "next"
"""The settlement that a rate is for, in milliseconds since the epoch."""

PRICE: Final = "price"
MARK: Final = "mark"
INDEX: Final = "index"
PREMIUM: Final = "premium"
"""Mark over index, less 1."""
