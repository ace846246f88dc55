"""How Sphinx builds the documentation; `make docs` does it. The pages stay plain Markdown."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

project = "framepack-widgets"
author = "the authors of framepack-widgets"
copyright = author  # noqa: A001 - Sphinx wants this name
release = version = version_of("framepack-widgets")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.githubpages", "docs_pages"]
default_role = "code"

myst_heading_anchors = 3
myst_enable_extensions = []
suppress_warnings = ["myst.header"]

nb_execution_mode = "force"
nb_execution_timeout = 120  # s, for one cell
nb_execution_show_tb = True  # with the warning, which is an error here
nb_merge_streams = True
nb_kernel_rgx_aliases = {".*": "python3"}
nb_ipywidgets_js = {}  # nothing is loaded from elsewhere: a widget shows what a saved notebook has
nb_mime_priority_overrides = [
    # Nothing reads this one; what comes next is the picture and the facts.
    ("html", "application/vnd.jupyter.widget-view+json", 0),
    ("html", "text/html", 1),
]

autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = "framepack-widgets"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
html_static_path = ["static"]
html_css_files = ["site.css"]
