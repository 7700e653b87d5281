"""Options that several subcommands take, and their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from iochan.objects import ObjectStore

__all__ = ["json_option", "make_store", "object_option"]

F = TypeVar("F", bound=Callable[..., Any])


def object_option(function: F) -> F:
    """Add ``--object``, whose texts arrive as *objects*."""
    option = click.option(
        "--object",
        "objects",
        multiple=True,
        metavar="TYPE,id=ID,KEY=VALUE…",
        help="An object that an address or an option names, in QEMU's notation or as JSON; repeatable. "
        "For example tls-creds-x509,id=tls0,endpoint=client,dir=pki.",
    )
    return option(function)


def json_option(function: F) -> F:
    """Add ``--json``, which arrives as *as_json*."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)


def make_store(texts: Sequence[str]) -> ObjectStore:
    """Return a store with the objects of *texts*.

    Raises:
        AddressError: One of them is wrong.
        CredsError: Credentials cannot be loaded.
    """
    store = ObjectStore()
    for text in texts:
        store.add(text)
    return store
