"""This file is the configuration of the documentation's pages."""

from importlib.metadata import version as installed_version

project = "steelyard"
author = "the steelyard authors"
project_copyright = "2026, the steelyard authors"
release = installed_version("steelyard")
version = release

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"steelyard {release}"
