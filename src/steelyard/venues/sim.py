"""This file is a venue that fills from the kernel's fill model: for replay and paper."""

import math
from dataclasses import dataclass

from steelyard.domain.compiled import entry
from steelyard.domain.plan import Account, Costs, Track
from steelyard.kernel import fill
from steelyard.ledger import account as ledger

fee_at = entry(fill.fee_at)
fill_of = entry(fill.fill_of)
book_fill = entry(ledger.book_fill)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One order filled: its quantity, price, and the mark or spot price at that instant.

    Parameters
    ----------
    quantity : float, coins
        Signed.
    price, reference : float, quote per coin
    fee, slippage : float, quote
        Positive is a cost.
    """

    quantity: float
    price: float
    reference: float
    fee: float
    slippage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedVenue:
    """Fill market orders at the first price of a bar, worsened by half-spread and impact.

    Parameters
    ----------
    track : Track
        The bars that trade.
    costs : Costs
    """

    track: Track
    costs: Costs

    def is_open(self, asset: int, leg: int, bar: int) -> bool:
        """Tell whether a leg trades in a bar; in an outage its orders wait."""
        return not math.isnan(self.track.first_fill[asset, leg, bar])

    def execute(
        self, account: Account, asset: int, leg: int, order: float, bar: int
    ) -> Execution | None:
        """Fill an order in a bar and book it; None where nothing of it could be settled.

        Parameters
        ----------
        account : Account
            Booked in place.
        asset, leg, bar : int
            Which leg of which asset, and the bar whose first price it meets.
        order : float, coins
            Positive buys.
        """
        rate = fee_at(self.costs, leg, int(self.track.open_ms[bar]))
        quote = (
            float(self.track.first_fill[asset, leg, bar]),
            float(self.track.daily_volatility[asset, bar]),
            float(self.track.daily_volume[asset, leg, bar]),
            rate,
        )
        quantity, price = fill_of(account, self.costs, asset, leg, order, quote)
        if quantity == 0.0:
            return None
        reference = float(account.price[asset, leg])
        fee, slippage = book_fill(account, asset, leg, quantity, price, rate)
        return Execution(
            quantity=quantity, price=price, reference=reference, fee=fee, slippage=slippage
        )
