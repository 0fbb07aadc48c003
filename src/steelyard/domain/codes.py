"""This file numbers the choices that compiled code branches on; the edge makes text of them."""

from typing import Final

EQUAL_WITHIN: Final = 1e-12
"""Two sides of a comparison this close, times the larger where that is above 1, are equal:
bounds such as 0.15 are inclusive, and 0.92 / 0.8 - 1 is a hair below it (domain 3.1)."""

# Phases of a trigger's or regime's life (domain 9.3).
IDLE: Final = 0
ARMING: Final = 1
ACTIVE: Final = 2
UNWINDING: Final = 3
COOLDOWN: Final = 4
PHASES: Final = ("idle", "arming", "active", "unwinding", "cooldown")

# What an unknown condition counts as (domain 9.2).
HOLD: Final = 0
IGNORE: Final = 1
FAILSAFE: Final = 2
ON_UNKNOWN: Final = ("hold", "ignore", "failsafe")

# Severities, mildest first, so that a larger number weighs more (domain 4).
OPPORTUNISTIC: Final = 0
CAUTIONARY: Final = 1
PROTECTIVE: Final = 2
CRITICAL: Final = 3
SEVERITIES: Final = ("opportunistic", "cautionary", "protective", "critical")

# Guards on the account (design 4, ``only_if``).
NO_GUARD: Final = 0
HEDGE_IN_PROFIT: Final = 1
SPOT_NEAR_TARGET: Final = 2
GUARDS: Final = ("", "hedge_in_profit", "spot_near_target")

# Kinds of effect (domain 9.4). An alert has no effect row.
STEP: Final = 0  # cut_longs
ADDITIVE: Final = 1  # hedge
SHIFT: Final = 2
LEVEL: Final = 3  # cover
ABSOLUTE: Final = 4  # set
LEVERAGE_CAP: Final = 5
EFFECTS: Final = ("cut_longs", "hedge", "shift", "cover", "set", "leverage_cap")

# What an effect carries besides its size, as bits.
FREED_TO_SPOT: Final = 1  # STEP: what is cut moves to spot, else to cash
ELSE_HEDGE: Final = 2  # ADDITIVE: only where no long futures are left to cut (V1's hedge branch)
FLATTEN_LONGS_FIRST: Final = 4  # ADDITIVE: swap long futures into spot first
CUT_OF_EQUITY: Final = 8  # STEP: the size is a fraction of equity, else of the long futures

# Stages of the composition trace (domain 9.5); effects 100 + index are single applied effects.
STAGE_BASE: Final = 0
STAGE_ADDITIVE: Final = 1
STAGE_LEVEL: Final = 2
STAGE_NO_NET_SHORT: Final = 3
STAGE_MARGIN: Final = 4
STAGE_SHIFT: Final = 5
STAGE_UNWIND: Final = 6
STAGES: Final = ("base", "additive", "level", "no_net_short", "margin", "shift", "unwind")
FIRST_EFFECT: Final = 100

# Legs of the account.
SPOT: Final = 0
PERP: Final = 1
LEGS: Final = ("spot", "perp")

# Parts of the attribution (domain 10.8).
PART_SPOT: Final = 0
PART_FUTURES: Final = 1
PART_BASIS: Final = 2
PART_FUNDING: Final = 3
PART_FEES: Final = 4
PART_SLIPPAGE: Final = 5
PART_LIQUIDATION: Final = 6
PART_INTEREST: Final = 7
PART_DEPEG: Final = 8
PART_BONUS: Final = 9
PARTS: Final = (
    "spot",
    "futures",
    "basis",
    "funding",
    "fees",
    "slippage",
    "liquidation",
    "interest",
    "depeg",
    "bonus",
)

# Operations of a condition that the step itself computes: a postfix program.
OP_CONSTANT: Final = 0  # argument: index into constants
OP_SERIES: Final = 1  # argument: row of Signals.values
OP_AT_ENTRY: Final = 2  # argument: slot
OP_SINCE_ENTRY: Final = 3  # argument: grid (row of Signals.grid_index)
OP_HELD_RECLAIM: Final = 4  # argument: slot that holds the level broken at entry
OP_ADD: Final = 10
OP_SUBTRACT: Final = 11
OP_MULTIPLY: Final = 12
OP_DIVIDE: Final = 13
OP_NEGATE: Final = 14
OP_LT: Final = 20
OP_LE: Final = 21
OP_GT: Final = 22
OP_GE: Final = 23
OP_EQ: Final = 24
OP_NE: Final = 25
OP_AND: Final = 30
OP_OR: Final = 31
OP_NOT: Final = 32
OP_ABS: Final = 40
OP_MIN: Final = 41
OP_MAX: Final = 42
OP_CLIP: Final = 43  # x, lo, hi
OP_RAMP: Final = 44  # x, lo, hi
OP_SELECT: Final = 45  # condition, a, b
OP_FIRST_KNOWN: Final = 46  # a, b

MAX_STACK: Final = 32
"""Deepest stack of a program; the parser refuses deeper expressions."""

MAX_CONFIRM: Final = 62
"""Longest confirmation window: its evaluations are the bits of one integer."""
