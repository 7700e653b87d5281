"""The service that the README shows, as it stands there, reached by clients that nobody here wrote."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iochan.tls.pki import init_directory
from tests.interop.peers import SECONDS, need, read_until, running

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

ROOT = Path(__file__).parents[2]
BEFORE = "import asyncio\nimport iochan\nfrom iochan import aio\n"
AFTER = """
async def main():
    async with service as server:
        print(server.listener.addresses[0], flush=True)
        await asyncio.Event().wait()


asyncio.run(main())
"""


def shown(language: str, word: str) -> str:
    """Return the block of the README that has *word* in it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (found,) = [block for block in blocks if word in block]
    return found


def other_client(pki: Path) -> None:
    """Have OpenSSL make a certificate of another name, which the same authority signs."""
    openssl = need("openssl")
    request = [openssl, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    request += ["-subj", "/CN=guest", "-keyout", "guest-key.pem", "-out", "guest.csr"]
    sign = [openssl, "x509", "-req", "-in", "guest.csr", "-CA", "ca-cert.pem", "-CAkey", "ca-key.pem"]
    sign += ["-days", "1", "-out", "guest-cert.pem"]
    for command in (request, sign):
        subprocess.run(command, cwd=pki, check=True, capture_output=True, timeout=SECONDS)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Run the README's service, and return its port and its certificates."""
    init_directory(tmp_path / "pki")
    other_client(tmp_path / "pki")
    block = shown("python", "authz-list-file")
    assert len([line for line in block.splitlines() if line.strip()]) <= 10
    (tmp_path / "service.py").write_text(BEFORE + block + AFTER)
    (tmp_path / "acl.json").write_text(shown("json", "CN=client"))
    with running(["env", "-C", str(tmp_path), sys.executable, "service.py"]) as process:
        address = read_until(process.stdout, b"\n").decode()
        yield address.strip().rpartition(":")[2], tmp_path / "pki"


def client(program: str, port: str, pki: Path, name: str | None) -> list[str]:
    """Return the command of a client with the certificate *name*, or with none."""
    if program == "openssl":
        command = [need("openssl"), "s_client", "-quiet", "-no_ign_eof", "-verify_return_error"]
        command += ["-CAfile", str(pki / "ca-cert.pem"), "-verify_hostname", "localhost"]
        own = [] if name is None else ["-cert", f"{pki}/{name}-cert.pem", "-key", f"{pki}/{name}-key.pem"]
        return [*command, *own, "-connect", f"127.0.0.1:{port}"]
    command = [need("gnutls-cli"), f"--x509cafile={pki}/ca-cert.pem", "--verify-hostname=localhost"]
    if name is not None:
        command += [f"--x509certfile={pki}/{name}-cert.pem", f"--x509keyfile={pki}/{name}-key.pem"]
    return [*command, "-p", port, "127.0.0.1"]


@pytest.mark.parametrize("program", ["openssl", "gnutls-cli"])
def test_who_is_on_the_list_comes_in(program: str, service: tuple[str, Path]) -> None:
    with running(client(program, *service, "client")) as process:
        assert process.stdin is not None
        process.stdin.write(b"may i come in\n")
        assert b"MAY I COME IN" in read_until(process.stdout, b"MAY I COME IN")


@pytest.mark.parametrize("name", ["guest", None])
@pytest.mark.parametrize("program", ["openssl", "gnutls-cli"])
def test_who_is_not_on_the_list_or_has_no_certificate_stays_out(
    program: str, name: str | None, service: tuple[str, Path]
) -> None:
    with running(client(program, *service, name)) as process:
        assert process.stdin is not None
        process.stdin.write(b"may i come in\n")
        assert b"MAY I COME IN" not in read_until(process.stdout, b"alert")
