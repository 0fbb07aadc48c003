"""Whole numbers as short text that a browser unpacks itself: variable length, deflate, base64."""

import base64
import zlib

import numpy as np

from steelyard.domain.arrays import Flags, Ints

GROUP_BITS = 7
"""Bits of a number in one byte; the eighth says that another byte follows."""
MOST_BYTES = 10
"""Groups of seven bits that 64 bits need."""
LEVEL = 9


def varints(values: Ints) -> bytes:
    r"""Return whole numbers in as few bytes each as they need, small ones in one.

    Parameters
    ----------
    values : int64[n]
        Any sign: 0, -1, 1, -2, ... become 0, 1, 2, 3, ... (zigzag), which are written seven bits a
        byte from the lowest; the highest bit of a byte is set where another follows (LEB128).

    Examples
    --------
    >>> varints(np.array([0, -1, 1, 64]))
    b'\x00\x01\x02\x80\x01'
    """
    signed = values.astype(np.int64)
    folded = ((signed << 1) ^ (signed >> 63)).astype(np.uint64)
    groups = folded[:, np.newaxis] >> (GROUP_BITS * np.arange(MOST_BYTES, dtype=np.uint64))
    is_last = groups < (1 << GROUP_BITS)
    low = (groups & np.uint64(0x7F)).astype(np.uint8)
    written = np.where(is_last, low, low | np.uint8(0x80))
    is_used: Flags = np.cumsum(is_last, axis=1) - is_last == 0
    return bytes(written[is_used].tobytes())


def packed(values: Ints) -> str:
    """Return whole numbers as base64 of deflated ``varints``; the same numbers, the same text.

    Parameters
    ----------
    values : int64[n]
        Of equal kind side by side: what is alike is packed best.
    """
    return base64.b64encode(zlib.compress(varints(values), LEVEL)).decode("ascii")
