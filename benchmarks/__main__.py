"""The command line: ``python -m benchmarks [ROW …]``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine, table
from benchmarks.figures import judge
from benchmarks.harness import Settings, run_row
from benchmarks.rows import ROWS
from iochan.tls.pki import init_directory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
QUICK = Settings(rounds=1, seconds=0.05, warmup=0.02)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="iochan and its peers at the same work: interleaved samples, medians, ratios.",
        epilog=f"rows: {', '.join(ROWS)}",
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows to run (default: all)")
    parser.add_argument("--rounds", type=int, help=f"samples of each contender (default {Settings.rounds})")
    parser.add_argument("--contenders", default="", metavar="A,B", help="run only these contenders")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help=f"where every figure goes (default: a new file in {RESULTS.name}/)",
    )
    parser.add_argument("--quick", action="store_true", help="one short round: does everything work?")
    parser.add_argument("--strict", action="store_true", help="exit with 1 unless every bar is met")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.rows if name not in ROWS]:
        parser.error(f"unknown row {unknown[0]!r}: known are {', '.join(ROWS)}")
    if options.rounds is not None and options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: give 1 or more")
    return options


def settings(options: argparse.Namespace) -> Settings:
    """What the options ask for."""
    base = QUICK if options.quick else Settings()
    return Settings(
        rounds=base.rounds if options.rounds is None else options.rounds,
        seconds=base.seconds,
        warmup=base.warmup,
        only=tuple(name for name in options.contenders.split(",") if name),
    )


def progress(line: str) -> None:
    """Show what is being measured, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; the exit status is 0 unless ``--strict`` finds a bar not met."""
    options = parse(arguments)
    chosen = settings(options)
    facts = machine.describe()
    write("".join(f"{name:<24} {value}\n" for name, value in facts.items()))
    done: dict[str, Any] = {}
    met = True
    with tempfile.TemporaryDirectory(prefix="iochan-bench-") as directory:
        init_directory(directory)
        for name in options.rows or ROWS:
            row = ROWS[name]
            samples = run_row(row, chosen, Path(directory), progress)
            progress("")
            write(table.text(row, samples))
            done[name] = table.values(row, samples)
            met = met and all(verdict.passed for verdict in judge(row, samples))
    if (path := report_path(options)) is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        report = {"machine": facts, "settings": asdict(chosen), "rows": done}
        path.write_text(json.dumps(report, indent=2) + "\n")
        write(f"every figure: {path}")
    return 0 if met or not options.strict else 1


def report_path(options: argparse.Namespace) -> Path | None:
    """Where the figures go; a quick run leaves none unless asked."""
    asked: Path | None = options.json
    if asked is not None or options.quick:
        return asked
    return RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"


def write(text: str) -> None:
    """Print a block, at once, for a run is long."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
