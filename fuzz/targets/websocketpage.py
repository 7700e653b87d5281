"""Paths of pages: whatever is asked for, no file outside the root answers, and nothing but a page does."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from iochan.websocket.page import StaticFiles

BASE = Path(tempfile.mkdtemp(prefix="iochan-fuzz-"))
atexit.register(shutil.rmtree, BASE)
SECRET = b"outside"
ROOT = BASE / "root"
(ROOT / "sub").mkdir(parents=True)
(ROOT / "index.html").write_bytes(b"front")
(ROOT / "sub" / "a b").write_bytes(b"inside")
(ROOT / ".hidden").write_bytes(SECRET)
(ROOT / "link").symlink_to(BASE / "secret")
(BASE / "secret").write_bytes(SECRET)
FILES = StaticFiles(ROOT)


def one_input(data: bytes) -> None:
    """Ask for one path."""
    try:
        target = data.decode("ascii")
    except UnicodeDecodeError:
        return
    page = FILES.find("GET", target)
    try:
        assert page.status in {200, 301, 404}
        assert (page.file is None) == (page.status != 200)
        body = page.body if page.file is None else page.file.read()
        assert SECRET not in body
        assert len(body) == int(page.headers["Content-Length"])
        assert all(value.isascii() and value.isprintable() for value in page.headers.values())
    finally:
        page.close()
