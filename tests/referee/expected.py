"""This file is what must have happened in a run of many scenarios, so that it proves something."""

from itertools import product

FUTURES = ("linear", "inverse", "isolated linear", "isolated inverse")

KINDS = frozenset(
    [f"{leg}: {what}" for leg, what in product(FUTURES, ("rise", "fall", "turn", "refused"))]
    + [f"{leg}: {what}" for leg, what in product(FUTURES, ("liquidation", "deleveraged", "expiry"))]
    + [f"{leg} funding {way}" for leg, way in product(("linear", "inverse"), ("paid", "received"))]
    + [
        f"{leg} fees {way}"
        for leg, way in product(("spot", "linear", "inverse"), ("paid", "received"))
    ]
    + [f"{part} {way}" for part, way in product(("depeg", "interest"), ("paid", "received"))]
    + [
        "bonus received",
        "spot: order",
        "spot: refused",
        "spot bought for what there is",
        "spot sold as far as it is held",
        "an order waits for a price",
        "an order withdrawn by a liquidation",
        "several liquidations in a bar",
        "liquidation at the open",
        "liquidation within the bar",
        "liquidation at the close",
        "liquidation beyond bankruptcy",
        "liquidation in another tier",
        "liquidation in the worst case",
        "liquidation with spot as collateral",
        "liquidation with coins as margin",
        "liquidation with a haircut on what backs it",
        "liquidation with a bonus",
    ]
)
"""Every instrument, event and fee kind; see ``kinds``."""
