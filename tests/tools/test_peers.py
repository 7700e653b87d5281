"""The table of foreign programs is honest about what is here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import peers


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, program: str, says: str) -> None:
    path = folder / program
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)


def test_an_absent_program_is_a_failure_only_when_required(
    on_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert peers.main([]) == 0
    assert peers.main(["--require"]) == 1
    assert "absent: install" in capsys.readouterr().out


def test_the_packages_to_install_are_named_once(on_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert peers.main(["--packages"]) == 0
    names = capsys.readouterr().out.split()
    assert sorted({peer.package for peer in peers.PEERS}) == names


def test_a_complete_set_passes(on_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for peer in (*peers.PEERS, peers.Peer("dpkg-query", "", "")):
        install(on_path, peer.program, "echo banner; echo program version 1.2.3-rc1")
    assert peers.main(["--require"]) == 0
    assert peers.main(["--packages"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("1.2.3-rc1") == len(peers.PEERS)
    assert peers.ABSENT not in shown


def test_a_version_on_stderr_is_found(on_path: Path) -> None:
    install(on_path, "stunnel", "echo 'stunnel 5.68 on x86_64' >&2; exit 1")
    assert peers.Peer("stunnel", "-version", "stunnel4").version() == "5.68"


def test_a_program_that_says_no_version_is_still_there(on_path: Path) -> None:
    install(on_path, "mute", "exit 0")
    assert peers.Peer("mute", "--version", "mute").version() == "unknown"
