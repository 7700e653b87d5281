from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cffi import FFI

from iochan.core.registry import known, lookup
from iochan.crypto.backend import BACKENDS, Backend
from iochan.crypto.errors import BackendMissing
from iochan_ext.sharedlib import open_library

OPEN = """
import sys
from iochan.core.registry import lookup
from iochan.crypto.errors import BackendMissing
try:
    lookup("iochan.crypto_backends", sys.argv[1])()
except BackendMissing as error:
    print(error)
"""


def complaint_without(backend: str, directory: Path, *, hidden: list[str]) -> str:
    """Return what *backend* says in a process whose linker finds empty files in place of *hidden*."""
    for name in hidden:
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    environment = {**os.environ, "LD_LIBRARY_PATH": str(directory)}
    command = [sys.executable, "-c", OPEN, backend]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.strip()


def test_a_library_that_is_nowhere_is_named_with_its_package() -> None:
    with pytest.raises(BackendMissing) as caught:
        open_library(FFI(), "nettle", ("libnowhere.so.8", "libnowhere.so"), "libnowhere8")
    message = str(caught.value)
    assert message.startswith("the crypto backend nettle needs libnowhere.so.8 (")
    assert message.endswith("): install the package libnowhere8")


def test_the_second_name_serves_where_the_first_is_missing() -> None:
    library = open_library(FFI(), "nettle", ("libnowhere.so", "libc.so.6"), "libc6")
    assert library is not None


@pytest.mark.parametrize(
    ("backend", "hidden", "package"),
    [
        ("nettle", ["libnettle.so.8", "libnettle.so"], "libnettle8"),
        ("libgcrypt", ["libgcrypt.so.20", "libgcrypt.so"], "libgcrypt20"),
    ],
)
def test_a_hidden_library_is_the_backends_own_error(
    tmp_path: Path, backend: str, hidden: list[str], package: str
) -> None:
    message = complaint_without(backend, tmp_path, hidden=hidden)
    assert message.startswith(f"the crypto backend {backend} needs {hidden[0]} (")
    assert message.endswith(f"install the package {package}")


@pytest.mark.parametrize("backend", ["nettle", "libgcrypt"])
def test_without_cffi_the_extra_is_named(backend: str) -> None:
    command = [sys.executable, "-c", f"import sys\nsys.modules['cffi'] = None\n{OPEN}", backend]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.strip() == (
        f"the crypto backend {backend} needs the Python package cffi: pip install 'iochan[nettle]'"
    )


@pytest.mark.parametrize("name", ["nettle", "libgcrypt"])
def test_both_are_found_by_entry_point(name: str) -> None:
    assert name in known(BACKENDS)
    try:
        backend = lookup(BACKENDS, name)()
    except BackendMissing as error:
        pytest.skip(str(error))
    assert isinstance(backend, Backend)
    assert backend.name == name
    assert all(part.isdigit() for part in backend.version.split(".")[:2])
