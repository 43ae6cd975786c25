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
    "sphinx_copybutton",
    "descriptions",
    "docstrings",
    "settings_reference",
    "clause_directives",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["pages.css"]
# It ends the title of each page, in tabs and search results.
html_title = "Cliquet"
html_show_copyright = False
html_show_sourcelink = False
# What is copied can be pasted: neither prompts nor answers.
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
maximum_signature_line_length = 80
python_use_unqualified_type_names = True
# Docstrings name code between single backquotes.
default_role = "code"
nitpicky = False
