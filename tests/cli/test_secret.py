from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from iochan.objects import ObjectStore
from iochan.secret import MAX_SECRET, secret_text

pytestmark = pytest.mark.slow


def run(*arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "iochan", "secret", *arguments]
    return subprocess.run(command, input=data, capture_output=True, timeout=20, check=False)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key.b64"
    path.write_bytes(base64.b64encode(bytes(range(32))) + b"\n")
    return path


def test_what_is_sealed_opens_and_is_what_an_object_takes(key: Path) -> None:
    sealed = run("seal", "--key-file", str(key), data=b"my password")
    assert sealed.returncode == 0, sealed.stderr
    assert b"my password" not in sealed.stdout
    assert run("open", "--key-file", str(key), data=sealed.stdout).stdout == b"my password"
    objects = ObjectStore()
    objects.add(f"secret,id=master,format=base64,file={key}")
    objects.add(f"secret,id=sec0,keyid=master,format=base64,{sealed.stdout.decode().strip()}")
    assert secret_text(objects, "sec0") == "my password"


def test_a_newline_at_the_end_is_kept_told_and_trimmed(key: Path) -> None:
    kept = run("seal", "--key-file", str(key), data=b"word\n")
    assert b"--trim leaves it out" in kept.stderr
    assert run("open", "--key-file", str(key), data=kept.stdout).stdout == b"word\n"
    trimmed = run("seal", "--key-file", str(key), "--trim", data=b"word\n")
    assert trimmed.stderr == b""
    assert run("open", "--key-file", str(key), data=trimmed.stdout).stdout == b"word"


def test_the_newline_of_an_opened_secret_may_be_left_out(key: Path) -> None:
    for value, trimmed in ((b"word\n\n", b"word\n"), (b"word", b"word"), (b"", b"")):
        sealed = run("seal", "--key-file", str(key), data=value).stdout
        assert run("open", "--key-file", str(key), data=sealed).stdout == value
        assert run("open", "--key-file", str(key), "--trim", data=sealed).stdout == trimmed


def test_the_longest_secret_opens_again(key: Path) -> None:
    sealed = run("seal", "--key-file", str(key), data=bytes(MAX_SECRET)).stdout
    assert run("open", "--key-file", str(key), data=sealed).stdout == bytes(MAX_SECRET)
    longer = run("open", "--key-file", str(key), data=bytes(2 * MAX_SECRET))
    assert longer.returncode == 1
    assert b"longer than any sealed secret" in longer.stderr


def test_json(key: Path) -> None:
    assert set(json.loads(run("seal", "--key-file", str(key), "--json", data=b"x").stdout)) == {"data", "iv"}


def test_bad_input_is_one_line_and_shows_nothing(key: Path, tmp_path: Path) -> None:
    bad = tmp_path / "short"
    bad.write_bytes(b"hidden")
    for arguments, data, said in (
        (("seal", "--key-file", str(bad)), b"x", b"neither 32 bytes nor base64"),
        (("open", "--key-file", str(key)), b"hidden", b"no sealed secret"),
        (
            ("open", "--key-file", str(key)),
            b"data=YWJj,iv=YWJj",
            b"the vector of a sealed secret has 3",
        ),
    ):
        done = run(*arguments, data=data)
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stderr.count(b"\n") == 1
        assert b"hidden" not in done.stderr
