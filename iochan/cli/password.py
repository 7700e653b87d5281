"""Passwords as commands are given them: in a file, as an object, or typed on a terminal."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, TypeVar

import click

from iochan.cli.options import make_store, object_option
from iochan.core.errors import SecretError
from iochan.objects import ObjectStore
from iochan.secret import Secret, find_secret, load_file

__all__ = ["Passwords", "ask_password", "password_options"]

F = TypeVar("F", bound=Callable[..., Any])

_LOCAL_FLAGS: Final = 3
_LONGEST_LINE: Final = 4096
"""What a terminal gathers for one line (``termios(3)``)."""


def password_options(*names: str, key: str = "password") -> Callable[[F], F]:
    """Add ``--NAME-file`` and ``--NAME-secret`` for each name, which arrive all together as *passwords*.

    The help calls a *key* what the command takes it for.
    """

    def add(function: F) -> F:
        @wraps(function)
        def call(objects: Sequence[str], trim: bool, **rest: Any) -> Any:  # noqa: ANN401 - click calls it
            given = {name: (rest.pop(f"{name}_file"), rest.pop(f"{name}_secret")) for name in names}
            return function(passwords=Passwords(make_store(objects), given, trim=trim), **rest)

        command: Callable[..., Any] = call
        for option in (
            click.option("--trim", is_flag=True, help="Leave out one newline at the end of key files."),
            object_option,
            *(option for name in reversed(names) for option in _options(name, key)),
        ):
            command = option(command)
        return command  # type: ignore[return-value] # click sees to its arguments

    return add


def _options(name: str, key: str) -> Iterator[Callable[..., Any]]:
    what = name.replace("_", " ").replace("key", key)
    option = name.replace("_", "-")
    yield click.option(f"--{option}-secret", metavar="ID", help="Instead, the id of a secret --object.")
    yield click.option(
        f"--{option}-file", metavar="FILE", help=f"The {what}; asked for on a terminal if not given."
    )


class Passwords:
    """What the options of `password_options` say.

    Args:
        store: The objects.
        given: The file and the id of each name; each may be None.
        trim: Whether one newline at the end of a file is left out.
    """

    def __init__(
        self, store: ObjectStore, given: Mapping[str, tuple[str | None, str | None]], *, trim: bool
    ) -> None:
        self._store = store
        self._given = given
        self._trim = trim

    def given(self, name: str) -> bool:
        """Tell whether an option says where *name* is."""
        return self._given[name] != (None, None)

    def read(self, name: str, prompt: str, *, confirm: bool = False) -> Secret:
        """Return the password of *name*, or what is typed after *prompt*, twice where *confirm* is set.

        Raises:
            SecretError: It cannot be had.
        """
        file, identity = self._given[name]
        if file is not None and identity is not None:
            option = name.replace("_", "-")
            message = f"--{option}-file and --{option}-secret were both given: leave one out"
            raise click.UsageError(message)
        if file is not None:
            return load_file(file, trim=self._trim)
        if identity is not None:
            return find_secret(self._store, identity)
        return ask_password(prompt, confirm=confirm)


def ask_password(prompt: str, *, confirm: bool = False) -> Secret:
    """Return what is typed after *prompt* on the terminal that standard input is, which does not show it.

    They are the very bytes that are typed, whatever the locale says of them, as `cryptsetup` takes them.

    Raises:
        SecretError: Standard input is no terminal.
        click.Abort: The terminal was closed, or the key for the end of a file pressed.
    """
    if not sys.stdin.isatty():
        message = (
            "no password: give it in a file or as a secret object, or run this on a terminal to be asked"
        )
        raise SecretError(message)
    while True:
        typed = _ask(prompt)
        if not confirm or typed == _ask("Repeat it"):
            return typed
        click.echo("The two differ: type both again.", err=True)


def _ask(prompt: str) -> Secret:
    with _silent_terminal(sys.stdin.fileno()) as fd:
        while True:
            click.echo(f"{prompt}: ", nl=False, err=True)
            line = bytearray(os.read(fd, _LONGEST_LINE))
            if not line:
                raise click.Abort
            typed = Secret(line.removesuffix(b"\n"))
            line[:] = bytes(len(line))
            if len(typed):
                return typed


@contextmanager
def _silent_terminal(fd: int) -> Iterator[int]:
    """Have the terminal *fd* show no more of what is typed than the ends of lines."""
    before = termios.tcgetattr(fd)
    silent = [*before]
    silent[_LOCAL_FLAGS] = before[_LOCAL_FLAGS] & ~termios.ECHO | termios.ECHONL | termios.ICANON
    termios.tcsetattr(fd, termios.TCSAFLUSH, silent)
    try:
        yield fd
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
