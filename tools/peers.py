"""Print which of the foreign programs that the interop tests talk to are here, and in which version."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program, how it tells its version, and the Debian package that brings it.

    Where it has no way to tell, or is no program but files, the package's version stands for it.
    """

    program: str
    version_flag: str
    package: str

    def version(self) -> str:
        """Return the version, or `ABSENT` when the program is not on the PATH or the package not here."""
        path = shutil.which(self.program if self.version_flag else "dpkg-query")
        if path is None:
            return ABSENT
        arguments = [self.version_flag] if self.version_flag else ["-W", "-f", "${Version}", self.package]
        # The paths are of the table below. stunnel and socat say it on stderr, or below a banner.
        done = subprocess.run(  # noqa: S603
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
        )
        if not self.version_flag and done.returncode:
            return ABSENT
        match = re.search(r"\d+\.\d+[\w.+-]*", done.stdout + done.stderr)
        return match.group() if match else "unknown"


PEERS = (
    Peer("openssl", "version", "openssl"),
    Peer("gnutls-cli", "--version", "gnutls-bin"),
    Peer("gnutls-serv", "--version", "gnutls-bin"),
    Peer("socat", "-V", "socat"),
    Peer("picocom", "--help", "picocom"),
    Peer("nc", "-h", "netcat-openbsd"),
    Peer("stunnel", "-version", "stunnel4"),
    Peer("qemu-system-x86_64", "--version", "qemu-system-x86"),
    Peer("cryptsetup", "--version", "cryptsetup-bin"),
    Peer("qemu-img", "--version", "qemu-utils"),
    Peer("qemu-io", "--version", "qemu-utils"),
    Peer("Xtigervnc", "-version", "tigervnc-standalone-server"),
    Peer("xtigervncviewer", "-h", "tigervnc-viewer"),
    Peer("gvnccapture", "--help", "gvncviewer"),
    Peer("xtightvncviewer", "", "xtightvncviewer"),
    Peer("x11vnc", "-version", "x11vnc"),
    Peer("Xvfb", "-version", "xvfb"),
    Peer("xwd", "-help", "x11-apps"),
    Peer("xlogo", "-help", "x11-apps"),
    Peer("xev", "-version", "x11-utils"),
    Peer("saslpasswd2", "-v", "sasl2-bin"),
    Peer("libsasl2-modules", "", "libsasl2-modules"),
    Peer("telnet", "--version", "inetutils-telnet"),
    Peer("telnetd", "--version", "inetutils-telnetd"),
    Peer("ser2net", "-v", "ser2net"),
    Peer("vim", "--version", "vim"),
    Peer("less", "--version", "less"),
    Peer("systemd-analyze", "--version", "systemd"),
    Peer("ps", "--version", "procps"),
    Peer("tinyproxy", "-v", "tinyproxy-bin"),
    Peer("microsocks", "", "microsocks"),
    Peer("chromium", "--version", "chromium"),
    Peer("node", "--version", "nodejs"),
    Peer("node-ws", "", "node-ws"),
    Peer("websockify", "", "websockify"),
    Peer("novnc", "", "novnc"),
)


def main(arguments: list[str] | None = None) -> int:
    """Print the table, or the packages to install; return 1 when a peer is required and absent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--require", action="store_true", help="exit 1 when one is absent")
    parser.add_argument("--packages", action="store_true", help="print only the packages of those absent")
    args = parser.parse_args(arguments)

    versions = {peer: peer.version() for peer in PEERS}
    missing = sorted({peer.package for peer, version in versions.items() if version == ABSENT})
    if args.packages:
        print(*missing)
        return 0
    print(f"{'peer':<20} {'version':<24} package")
    for peer, version in versions.items():
        print(f"{peer.program:<20} {version:<24} {peer.package}")
    if missing:
        print(f"absent: install {' '.join(missing)} (make peers does it)")
    return 1 if missing and args.require else 0


if __name__ == "__main__":
    sys.exit(main())
