"""A page as a real browser draws it, where there is one."""

import shutil
import subprocess
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)

# A browser comes from the system, not from the environment that ``make`` builds: what a page says
# is tested without one everywhere, what it draws where there is one.
needs_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium to open the page")


def drawn(html: str, folder: Path) -> str:
    """Return the elements of a page after its script has run."""
    assert BROWSER is not None
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"]
    command = [BROWSER, *options, f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    done = subprocess.run(  # noqa: S603 - a browser on a page of our own
        [*command, path.as_uri()], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout
