"""``python -m iochan``."""

from __future__ import annotations

from iochan.cli.main import main

main()
