"""How Sphinx builds the manual."""

from __future__ import annotations

from importlib.metadata import version as version_of
from pydoc import locate

from click.testing import CliRunner
from docutils.nodes import Element, Node, literal_block
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode
from typing_extensions import override

from iochan.cli.main import main

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
autodoc_mock_imports = ["pytest"]  # the contract suites need it, the manual does not
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


def find_short_name(app: Sphinx, env: BuildEnvironment, node: Element, text: Element) -> Element | None:
    """Resolve names as docstrings write them: `Channel.read`, without the module.

    A verb of `Channel` is looked for in its bases too. A name that exists but has no page, and one
    that is not ours, is plain code; a name of ours that does not exist remains an error.
    """
    if node.get("refdomain") != "py":
        return None
    objects = env.domains["py"].objects
    target = str(node["reftarget"])
    first, _, member = target.partition(".")
    verbs = tuple(f"{base}.{member}" for base in CHANNEL_BASES) if first == "Channel" and member else ()
    for name in (target, *verbs):
        found = [full for full in objects if full == name or full.endswith("." + name)]
        if found:
            entry = objects[min(found, key=len)]
            return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, text)
    ours = first == "iochan" or (member and any(full.endswith("." + first) for full in objects))
    return None if ours and locate(target) is None else text


CHANNEL_BASES = ("Primitives", "Reading", "Writing", "Seeking", "Stacking")


class CommandHelp(Directive):
    """What ``iochan WORDS --help`` prints."""

    optional_arguments = 1
    final_argument_whitespace = True

    @override
    def run(self) -> list[Node]:
        words = " ".join(self.arguments).split()
        result = CliRunner().invoke(main, [*words, "--help"], prog_name="iochan", terminal_width=80)
        if result.exit_code:
            raise self.error(f"iochan {' '.join(words)} --help failed: {result.output}")
        return [literal_block(result.output, result.output)]


def setup(app: Sphinx) -> None:
    """Let Sphinx ask us for what it does not find."""
    app.add_directive("command-help", CommandHelp)
    app.connect("missing-reference", find_short_name)
