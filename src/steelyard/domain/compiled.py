"""This file is the one place that compiles: its decorators and the folder of their cache."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

# Passes that take a fifth of the first run and give nothing that the benchmark shows.
for _option, _value in {
    "NUMBA_OPT": "1",
    "NUMBA_LOOP_VECTORIZE": "0",
    "NUMBA_SLP_VECTORIZE": "0",
    "NUMBA_LLVM_REFPRUNE_PASS": "0",
}.items():
    os.environ.setdefault(_option, _value)

import numba  # noqa: E402 - numba reads its options when it loads

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE = Path(__file__).resolve().parent.parent

WRAPPED = os.environ.get("STEELYARD_WRAPPED") == "1"
"""Whether Python may call ``compiled_inside`` functions too: so in tests, which call each."""

_REACHABLE = ("domain", "features", "decision", "planning", "ledger", "kernel")


def source_digest() -> str:
    """Return a digest of every source file that compiled code can reach, and of numba's version.

    A compiled function cached on disk does not notice that a function it calls in another file
    has changed; a cache folder named by this digest does.
    """
    digest = hashlib.sha256(f"{numba.__version__} {WRAPPED}".encode())
    for part in _REACHABLE:
        for path in sorted((_PACKAGE / part).glob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def cache_folder() -> Path:
    """Return the folder of compiled code: ``STEELYARD_CACHE``, else the user's cache folder.

    Where that cannot be written, a folder among the temporary files serves for this boot.
    """
    chosen = os.environ.get("STEELYARD_CACHE") or os.environ.get("XDG_CACHE_HOME")
    base = Path(chosen) if chosen else Path.home() / ".cache"
    folder = base / "steelyard" / f"compiled-{source_digest()}"
    if _writable(folder):
        return folder
    return Path(tempfile.gettempdir()) / f"steelyard-{os.getuid()}" / folder.name


CACHE = cache_folder()
numba.config.CACHE_DIR = str(CACHE)  # type: ignore[attr-defined]  # set by name when it loads


def is_compiled() -> bool:
    """Tell whether a run of this very source has left its compiled code on disk."""
    return any(CACHE.rglob("*.nbi"))


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of scalars, arrays and NamedTuples; cached, strict arithmetic.

    The first call with new argument types compiles. With ``NUMBA_DISABLE_JIT=1`` it is the plain
    function. Division by zero gives infinity or NaN in both, as numpy does.
    """
    wrapped: Callable[P, R] = numba.njit(  # type: ignore[call-overload]  # it types half its options
        cache=True, fastmath=False, error_model="numpy", no_cfunc_wrapper=True
    )(function)
    return wrapped


def compiled_inside(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that allocates nothing and that only compiled code calls.

    It has no entry from Python, which would take apart every array of every NamedTuple: building
    that for a hundred functions is a fifth of what the first run waits for. And it counts no
    references to the arrays it is handed, which its caller keeps: that count is half of what a bar
    costs. One that does allocate is refused when it compiles.
    """
    return _inside(function, "never")


def compiled_within(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function as lines of the one that calls it; else as ``compiled_inside``.

    For a function that has one caller and hands on what it was handed: whatever it calls would be
    optimised once more for it alone.
    """
    return _inside(function, "always")


def _inside(function: Callable[P, R], inline: str) -> Callable[P, R]:
    wrapped: Callable[P, R] = numba.njit(  # type: ignore[call-overload]  # it types half its options
        cache=WRAPPED,  # else it lives in the cache of what calls it
        fastmath=False,
        error_model="numpy",
        no_cfunc_wrapper=True,
        no_cpython_wrapper=not WRAPPED,
        inline=inline,
        _nrt=False,
    )(function)
    return wrapped


def entry(inside: Callable[P, R]) -> Callable[P, R]:
    """Return what Python calls in place of a ``compiled_inside`` function: compiled if it is.

    So the kernel's parts get an entry only where bars are stepped from Python, and the first walk
    of a whole history does not wait for it.
    """
    plain: Callable[P, R] = getattr(inside, "py_func", inside)
    return inside if WRAPPED or plain is inside else compiled(plain)
