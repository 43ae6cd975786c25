"""How the documentation is built; warnings are errors (`make docs`)."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "Cliquet"
author = "the Cliquet developers"
release = version = installed_version("cliquet")
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "settings_reference"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Cliquet {release}"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
nitpicky = False
