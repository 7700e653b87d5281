"""How Sphinx builds the manual."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "iochan"
copyright = "the iochan authors"  # noqa: A001 - Sphinx names it
version = release = version_of("iochan")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "iochan"
html_show_sourcelink = False

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
myst_enable_extensions = ["colon_fence"]
copybutton_prompt_text = "$ "

# The standard library's own manual is not at hand where the build has no network.
nitpick_ignore_regex = [
    (
        "py:.*",
        r"(?!iochan).*Error|Exception|BlockingIOError|io\..*|collections\.abc\..*|bytes|bytearray|memoryview",
    ),
]
