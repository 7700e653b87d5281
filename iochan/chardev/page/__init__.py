"""A web page with a terminal, by xterm.js: what a console shows to a browser.

``tools/vendor_xterm.sh`` fetches the parts that are not ours; their licence is LICENSE.xterm.txt.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["directory"]


def directory() -> Path:
    """Return where the page's files are."""
    return Path(__file__).parent
