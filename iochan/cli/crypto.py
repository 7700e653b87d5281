"""``iochan crypto``: what this machine can do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from iochan.cli.options import json_option
from iochan.core.errors import CryptoError
from iochan.crypto.backend import Backend
from iochan.crypto.choice import backends
from iochan.crypto.cipher import Cipher, key_length
from iochan.crypto.errors import AlgorithmUnavailable
from iochan.crypto.hash import Hash
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm

__all__ = ["crypto"]


@click.group()
def crypto() -> None:
    """Show what does the cryptographic work."""


@crypto.command("backends")
@json_option
def backends_command(as_json: bool) -> None:
    """Show every algorithm, who has it, and who is chosen when nobody is asked for.

    IOCHAN_CRYPTO_BACKEND chooses another one; where that lacks an algorithm, nothing is chosen.
    """
    here = dict(backends())
    rows = [*_ciphers(here), *_hashes(here)]
    missing = {name: str(one) for name, one in here.items() if not isinstance(one, Backend)}
    if as_json:
        versions = {name: one.version for name, one in here.items() if isinstance(one, Backend)}
        click.echo(json.dumps({"backends": versions, "missing": missing, "algorithms": rows}))
        return
    table = Table("algorithm", "mode", *here, "chosen")
    for row in rows:
        had = row["backends"]
        marks = ["yes" if name in had else "" for name in here]
        table.add_row(str(row["algorithm"]), str(row["mode"]), *marks, str(row["chosen"] or "-"))
    console = Console()
    console.print(table)
    for name, one in here.items():
        version = one.version if isinstance(one, Backend) else f"missing: {one}"
        console.print(f"{name}: {version}", highlight=False, markup=False)


def _ciphers(here: Mapping[str, Backend | CryptoError]) -> list[dict[str, Any]]:
    rows = []
    for algorithm in CipherAlgorithm:
        for mode in CipherMode:
            had = [
                name
                for name, one in here.items()
                if isinstance(one, Backend)
                and _fits(algorithm, mode)
                and one.cipher_supports(algorithm, mode)
            ]
            if had:
                key = bytes(range(key_length(algorithm, mode)))
                chosen = _chosen(Cipher, algorithm, mode, key)
                rows.append({"algorithm": algorithm, "mode": mode, "backends": had, "chosen": chosen})
    return rows


def _chosen(make: Callable[..., Cipher | Hash], *arguments: str | bytes) -> str | None:
    """Return whose work what is made does; the backend that the environment asks for may not have it."""
    try:
        return make(*arguments).backend.name
    except AlgorithmUnavailable:
        return None


def _fits(algorithm: CipherAlgorithm, mode: CipherMode) -> bool:
    return mode not in {CipherMode.XTS, CipherMode.GCM} or algorithm.block_length == 16


def _hashes(here: Mapping[str, Backend | CryptoError]) -> list[dict[str, Any]]:
    rows = []
    for algorithm in HashAlgorithm:
        had = [
            name for name, one in here.items() if isinstance(one, Backend) and one.hash_supports(algorithm)
        ]
        if had:
            chosen = _chosen(Hash, algorithm)
            rows.append({"algorithm": algorithm, "mode": "hash", "backends": had, "chosen": chosen})
    return rows
