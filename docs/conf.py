"""How the documentation is built; warnings are errors (`make docs`)."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).parent
# Extensions of ours, and what they share with the tests (`docs.clauses`).
sys.path[:0] = [str(HERE), str(HERE.parent)]

project = "Cliquet"
author = "the Cliquet developers"
release = version = installed_version("cliquet")
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docstrings",
    "settings_reference",
    "clause_directives",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["_static"]
html_title = f"Cliquet {release}"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
maximum_signature_line_length = 80
python_use_unqualified_type_names = True
# Docstrings name code between single backquotes.
default_role = "code"
nitpicky = False
