"""What the figures were made on."""

from __future__ import annotations

import os
import platform
import ssl
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = ("iochan", "anyio", "cryptography", "pyOpenSSL", "trio", "Twisted", "uvloop")
PROGRAMS = {"socat": ("socat", "-V"), "stunnel": ("stunnel4", "-version")}


def describe() -> dict[str, str]:
    """The machine and every library that took part, by name."""
    facts = {
        "cpu": _cpu_model(),
        "cores": str(len(os.sched_getaffinity(0))),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "openssl of ssl": ssl.OPENSSL_VERSION,
        "openssl of cryptography": _cryptography_openssl(),
    }
    facts |= {name: _package(name) for name in PACKAGES}
    return facts | {name: _program(command) for name, command in PROGRAMS.items()}


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _cryptography_openssl() -> str:
    from cryptography.hazmat.backends.openssl import backend  # noqa: PLC0415 - for one figure only

    return backend.openssl_version_text()


def _package(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _program(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    lines = (done.stdout + done.stderr).splitlines()
    return next(
        (line.strip() for line in lines if " version " in line or line.startswith("stunnel ")), "unknown"
    )
