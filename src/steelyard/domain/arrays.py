"""This file names the array types that every layer hands to the next."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Numbers; NaN means unknown, never zero."""

Ints: TypeAlias = NDArray[np.int64]
"""Counts, codes, indices and stamps in milliseconds since the epoch, UTC."""

Flags: TypeAlias = NDArray[np.bool_]
"""Plain true or false, where unknown cannot occur."""

Table: TypeAlias = NDArray[np.void]
"""Rows with named columns; the dtype is documented where it is defined."""
