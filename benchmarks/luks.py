"""LUKS beside cryptsetup and QEMU on the same image: ``python -m benchmarks.luks``.

A line is a ratio of medians, interleaved: below 1.0 ours is slower. An unlock of ours is a call in this
process beside a whole process of theirs, whose start takes 10 ms of a second; what goes through a whole image
is a process on both sides.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine
from benchmarks.compare import Work, compare
from iochan.channels.file import FileChannel
from iochan.core.op import run
from iochan.crypto.block import create_luks_op, open_luks_op

ITERATIONS = 4_000_000
"""About a second of work: what every program takes that its authors want to be safe."""

SIZE = 256 << 20
LEAST = 1 / 1.2
ROUNDS = 3
PASSWORD = b"correct horse"


def process(*argv: str) -> Work:
    """Return one run of a program, which must succeed."""
    return lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)


def make(directory: Path, name: str, iterations: int, size: int) -> Path:
    """Return a new image whose password takes *iterations*."""
    path = directory / name
    path.touch()
    with FileChannel.open(path, "rw") as channel:
        run(create_luks_op(channel, PASSWORD, size, iterations=iterations))
    return path


def unlock(image: Path) -> None:
    """Open *image* with its password."""
    with FileChannel.open(image, "r") as channel:
        run(open_luks_op(channel, PASSWORD))


def ours(image: Path, key: Path) -> Sequence[str]:
    """Return the command that writes the plain bytes of *image* to standard output."""
    return sys.executable, "-m", "iochan", "luks", "open", str(image), "--key-file", str(key)


def qemu(program: str, image: Path, key: Path, *command: str) -> Sequence[str]:
    """Return a command of QEMU's on *image*."""
    options = f"driver=luks,key-secret=sec0,file.driver=file,file.filename={image}"
    return program, *command, "--object", f"secret,id=sec0,file={key}", "--image-opts", options


def main() -> None:
    """Print all lines; with ``--strict`` the exit status is 1 unless each aim was met."""
    for name, value in machine.describe().items():
        print(f"{name:<24} {value}")
    with TemporaryDirectory() as place:
        directory = Path(place)
        key = directory / "key"
        key.write_bytes(PASSWORD)
        slow = make(directory, "slow", ITERATIONS, 4096)
        large = make(directory, "large", 1000, SIZE)
        test = "cryptsetup", "open", "--test-passphrase", "--type", "luks1", "--key-file", str(key), str(slow)
        read = qemu("qemu-io", slow, key, "-c", "read 0 512")
        whole = qemu("qemu-img", large, key, "dd", "bs=1M", f"of={directory / 'plain'}", "-O", "raw")
        whole = (*whole[:-1], f"if={whole[-1]}")
        copy = "sh", "-c", f'exec "$@" > {directory / "plain"}', "sh", *ours(large, key)
        met = [
            compare(f"unlock, {ITERATIONS:,} iterations, {name}", lambda: unlock(slow), work, LEAST, ROUNDS)
            for name, work in {"cryptsetup": process(*test), "qemu-io": process(*read)}.items()
        ]
        name = f"{SIZE >> 20} MiB decrypted to a file, qemu-img dd"
        met.append(compare(name, process(*copy), process(*whole), LEAST, ROUNDS))
    if "--strict" in sys.argv and not all(met):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
