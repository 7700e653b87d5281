"""A web page with a VNC viewer, by noVNC: what a desktop shows to a browser.

``tools/vendor_novnc.sh`` fetches the parts that are not ours, in the folder ``novnc`` with their licences.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["directory"]


def directory() -> Path:
    """Return where the page's files are."""
    return Path(__file__).parent
