"""What the page's script does with packed numbers, and the same read byte by byte in Python."""

import base64
import json
import shutil
import subprocess
import zlib
from importlib.resources import files

import pytest

# The product needs no node: a reader's browser runs the scripts. Here it asks single functions of
# them for exact numbers; where there is none, the tests in a browser still draw whole pages.
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node to run the page's script")


def unpacked(text: str) -> list[int]:
    """Read what ``packed`` wrote, one byte after the other."""
    numbers, value, shift = [], 0, 0
    for byte in zlib.decompress(base64.b64decode(text)):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    return numbers


def in_the_page(expression: str, file: str = "packed.js") -> object:
    """Return what an expression comes to beside one file of the page's script."""
    assert NODE is not None
    script = (files("steelyard.report") / "assets" / file).read_text(encoding="utf-8")
    told = f"{script}\n(async () => console.log(JSON.stringify({expression})))()"
    done = subprocess.run([NODE, "-"], input=told, capture_output=True, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout)
