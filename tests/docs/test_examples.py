"""Each program that the manual shows runs, and prints what stands beside it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from iochan.cli.main import main
from iochan.objects import parse_object
from iochan.stack import parse

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
PROGRAMS = sorted(
    path for path in EXAMPLES.glob("*.*") if path.with_suffix(".out").exists() and path.suffix != ".out"
)
PAGES = [ROOT / "README.md", *(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)]


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_prints_what_the_manual_says(program: Path, tmp_path: Path) -> None:
    start = ["bash", "-e"] if program.suffix == ".sh" else [sys.executable, "-W", "error::ResourceWarning"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        [*start, str(program)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (result.stdout, result.returncode) == (program.with_suffix(".out").read_text(), 0), result.stderr


@pytest.mark.slow
def test_the_layer_of_the_tutorial_keeps_the_contract(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", str(EXAMPLES), "-c", os.devnull,
         "-p", "no:cacheprovider", str(EXAMPLES / "test_framing.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=25,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout


def test_every_example_is_shown_and_every_shown_one_exists() -> None:
    shown = {
        (page.parent / name).resolve()
        for page in PAGES
        for name in re.findall(
            r"^```\{literalinclude\} (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    there = {path.resolve() for path in EXAMPLES.glob("*.*")}
    assert there <= shown
    assert all(path.is_file() for path in shown)


def test_a_program_has_its_output_beside_it() -> None:
    names = {path.name for path in EXAMPLES.glob("*.*")}
    assert names - {"framing.py", "test_framing.py"} == {
        name for path in PROGRAMS for name in (path.name, path.with_suffix(".out").name)
    }


def test_the_readme_shows_what_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.*")]
    blocks = re.findall(r"^```(?:python|sh)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        assert any(block in source for source in sources), block


def test_the_addresses_of_the_readme_are_right() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(tcp:.*?)^```", readme, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).splitlines()
    assert lines
    for line in lines:
        assert str(parse(line)) == line


RELAY = (DOCS / "howto/relay.md").read_text(encoding="utf-8")
CONSOLE = "".join(
    re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
)
COMMANDS = [
    *re.findall(r"^\| .* \| `(iochan .*)` \|$", RELAY, re.MULTILINE),
    *re.findall(r"^\$ (iochan .*)$", CONSOLE.replace("\\\n", ""), re.MULTILINE),
]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_shown_command_is_well_formed(line: str) -> None:
    _, *words = shlex.split(line)
    command: click.Command = main
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None
        command = found
    params = command.make_context("iochan", words).params
    for name, value in params.items():
        if name.endswith("address"):
            parse(value)
    for text in params.get("objects", ()):
        parse_object(text)
