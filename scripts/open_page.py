"""This file opens a report in a headless Chromium and says what was drawn, and how soon.

    python scripts/open_page.py out/report.html [FROM..TO]

Exit code 0: drawn; 1: not drawn; 2: there is no Chromium here.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
OPTIONS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--window-size=1280,1000",
    "--timeout=20000",
    "--virtual-time-budget=20000",
    "--dump-dom",
)


def drawn(browser: str, page: Path, view: str) -> dict[str, str]:
    """Return what the page says of its picture: ``drawn`` (ms), ``candles``, ``hours``, ..."""
    address = page.resolve().as_uri() + (f"#{view}" if view else "")
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(  # noqa: S603 - a browser on a page of our own
            [browser, *OPTIONS, f"--user-data-dir={profile}", address],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    found = re.search(r'<div id="chart"[^>]*>', done.stdout)
    return dict(re.findall(r'data-([a-z]+)="([^"]*)"', found.group())) if found else {}


def main(arguments: list[str]) -> int:
    """Print the size of a page and what was drawn of it as JSON."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.stderr.write(f"No browser found; looked for {', '.join(BROWSERS)}.\n")
        return 2
    page = Path(arguments[0])
    said = drawn(browser, page, arguments[1] if len(arguments) > 1 else "")
    sys.stdout.write(json.dumps({"bytes": page.stat().st_size, **said}) + "\n")
    return 0 if "hours" in said else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
