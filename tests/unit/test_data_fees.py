"""Fees by time: steps, discounts that end, and what is refused."""

from datetime import date

import numpy as np
import pytest

from steelyard.data import fees
from steelyard.data.fees import fee_steps, fees_at
from steelyard.data.shipped import PRODUCTS, Venue
from steelyard.domain.errors import RequestError
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp

SPOT, LINEAR, INVERSE = range(3)
MAKER, TAKER = range(2)
OPENED = stamp(2026, 9, 10)


def test_fees_without_steps_are_those_of_all_times() -> None:
    steps = fee_steps("binance")

    assert steps.from_ms.tolist() == [0]
    # spot, linear, inverse: maker and taker.
    assert steps.rates.tolist() == [[[0.001, 0.001], [0.0002, 0.0005], [0.0002, 0.0005]]]


def test_a_product_that_a_venue_lacks_has_no_fee() -> None:
    rates = fee_steps("weex").rates

    assert np.isnan(rates[:, INVERSE]).all()
    assert rates[0, LINEAR, TAKER] == 0.0008


def test_a_discount_of_thirty_days_ends_to_the_hour() -> None:
    steps = fee_steps("binance", discounts=["new_user"], opened_ms=OPENED)
    ends = OPENED + 30 * DAY_MS
    at = np.array([OPENED - HOUR_MS, OPENED, ends - HOUR_MS, ends])
    taker = fees_at(steps, at)[:, :, TAKER]

    # Futures less a tenth for 30 days; spot less a fifth for life.
    assert taker[:, LINEAR].tolist() == pytest.approx([0.0005, 0.00045, 0.00045, 0.0005])
    assert taker[:, SPOT].tolist() == pytest.approx([0.0008] * 4)
    assert steps.from_ms.tolist() == [0, OPENED, ends]


def test_of_two_discounts_the_second_is_taken_off_what_the_first_leaves() -> None:
    steps = fee_steps("binance", discounts=["token", "new_user"], opened_ms=0)

    # 0.0005 x 0.9 x 0.9 in the first 30 days, then x 0.9.
    assert steps.rates[:, LINEAR, TAKER].tolist() == pytest.approx([0.000405, 0.00045])
    # 0.001 x 0.75 x 0.8
    assert steps.rates[0, SPOT, TAKER] == pytest.approx(0.0006)


@pytest.fixture
def stepped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ship a venue whose fee of linear contracts rose on 2024-03-01, with a rebate for makers."""
    noted, source = "2026-09", "made"
    venue: Venue = {
        "fees": [
            {"product": "spot", "maker": 0.001, "taker": 0.001, "noted": noted, "source": source},
            {
                "product": "linear",
                "maker": -0.0001,
                "taker": 0.0004,
                "noted": noted,
                "source": source,
            },
            {
                "product": "linear",
                "maker": -0.0001,
                "taker": 0.0006,
                "from": date(2024, 3, 1),
                "noted": noted,
                "source": source,
            },
        ],
        "discounts": [
            {
                "name": "token",
                "product": "linear",
                "share": 0.5,
                "until": date(2024, 6, 1),
                "noted": noted,
                "source": source,
            }
        ],
    }
    monkeypatch.setattr(fees, "shipped", lambda _: venue)


@pytest.mark.usefixtures("stepped")
def test_a_fee_that_rose_is_looked_up_by_time() -> None:
    steps = fee_steps("made", discounts=["token"])
    at = np.array([stamp(2024, 2, 29, 23), stamp(2024, 3, 1), stamp(2024, 6, 1)])

    # Half of 0.0004, half of 0.0006, all of 0.0006; a rebate is not halved.
    assert steps.from_ms.tolist() == [0, stamp(2024, 3, 1), stamp(2024, 6, 1)]
    assert fees_at(steps, at)[:, LINEAR].tolist() == [
        [-0.0001, 0.0002],
        [-0.0001, 0.0003],
        [-0.0001, 0.0006],
    ]
    assert len(PRODUCTS) == steps.rates.shape[1]


def test_an_unknown_discount_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        RequestError, match=r"binance has no discount tokn; .* did you mean token\?"
    ):
        fee_steps("binance", discounts=["tokn"])
    with pytest.raises(RequestError, match="okx has no discount token; there are none; leave"):
        fee_steps("okx", discounts=["token"])


def test_a_discount_of_some_days_needs_the_day_they_count_from() -> None:
    with pytest.raises(RequestError, match="new_user lasts 30 days; tell when the account was"):
        fee_steps("binance", discounts=["new_user"])
