"""Run fuzz targets for a bounded time each: ``fuzz/run.py [--seconds N] [TARGET ...]``.

The only importer of atheris. libFuzzer ends its process, so each target gets one of its own. Seeds and past
findings are read from ``fuzz/corpus/TARGET``, and a new finding is written there, where the tests replay it.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAX_INPUT = 65536


def fuzz_one(target: str, seconds: int) -> None:
    """Fuzz *target* in this process, which does not outlive it."""
    import atheris  # noqa: PLC0415 - only the child needs it

    sys.path.insert(0, str(HERE.parent))
    with atheris.instrument_imports(include=["iochan"]):
        module = importlib.import_module(f"fuzz.targets.{target}")
    corpus = HERE / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        # libFuzzer adds what it finds interesting to the first folder; the kept corpus stays as it is.
        limits = [f"-max_total_time={seconds}", f"-max_len={MAX_INPUT}", "-timeout=10", "-rss_limit_mb=1024"]
        atheris.Setup(
            [sys.argv[0], *limits, f"-artifact_prefix={corpus}/", scratch, str(corpus)], module.one_input
        )
        atheris.Fuzz()


def main() -> int:
    """Run the targets named, or all; return how many of them found something."""
    known = sorted(path.stem for path in (HERE / "targets").glob("*.py"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--here", action="store_true", help="fuzz the one target in this process")
    parser.add_argument("target", nargs="*", metavar="TARGET", help=f"of: {', '.join(known)}")
    args = parser.parse_args()
    if unknown := sorted(set(args.target) - set(known)):
        parser.error(f"no target {', '.join(unknown)}: known are {', '.join(known)}")
    if args.here:
        fuzz_one(args.target[0], args.seconds)
    again = [sys.executable, __file__, "--here", f"--seconds={args.seconds}"]
    failures = 0
    for target in args.target or known:
        print(f"== {target}", flush=True)
        failures += subprocess.call([*again, target]) != 0  # noqa: S603 - this very file
    return failures


if __name__ == "__main__":
    sys.exit(main())
