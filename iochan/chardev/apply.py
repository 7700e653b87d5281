"""From one configuration to the next, while clients stay where they are."""

from __future__ import annotations

import logging
from typing import Protocol, runtime_checkable

from iochan.chardev.config import Config
from iochan.chardev.server import ConsoleServer
from iochan.core.errors import IochanError
from iochan.objects import ObjectStore

__all__ = ["LiveObjects", "apply_config"]

_log = logging.getLogger("iochan.chardev")


@runtime_checkable
class _Reloads(Protocol):
    """Credentials, which read their files again when they are told."""

    def reload(self) -> None: ...


class LiveObjects:
    """The objects of a running server: what is asked for is what the latest texts say.

    Args:
        texts: The objects.

    Raises:
        AddressError: One of them is wrong.
        CredsError: Credentials cannot be loaded.
    """

    def __init__(self, texts: tuple[str, ...] = ()) -> None:
        self._texts = texts
        self._store = _make(texts)

    def get(self, id: str, kind: type) -> object:  # noqa: A002 - as ObjectSource has it
        """Return the object *id*, which must be a *kind*."""
        found: object = self._store.get(id, kind)
        return found

    def set(self, texts: tuple[str, ...]) -> None:
        """Have the objects of *texts* from now on; if they are the same, credentials read their files again.

        Layers that are in use keep the credentials that they have. Nothing changes if one is wrong.

        Raises:
            AddressError: One of them is wrong.
            CredsError: Credentials cannot be loaded.
        """
        if texts != self._texts:
            self._store = _make(texts)
            self._texts = texts
            return
        for one in self._store.all():
            if isinstance(one, _Reloads):
                one.reload()


def _make(texts: tuple[str, ...]) -> ObjectStore:
    store = ObjectStore()
    for text in texts:
        store.add(text)
    return store


async def apply_config(server: ConsoleServer, config: Config) -> list[str]:
    """Make *server* what *config* says, and return what could not be done, in words.

    A console whose device is the same keeps its clients, except those of an entrance that is gone. One whose
    device has changed is closed and opened anew. What cannot be had (a port that is taken) is left as it was.
    """
    failed: list[str] = []
    for name in tuple(server.consoles):
        wanted = config.consoles.get(name)
        if wanted is None or wanted.backend != server.consoles[name].backend:
            _log.info("console %s: closed", name)
            await server.close(name)
    for name, wanted in config.consoles.items():
        try:
            if name in server.consoles:
                await server.set_entrances_of(server.consoles[name], wanted.entrances)
            else:
                await server.open(name, wanted.backend, wanted.entrances)
        except (IochanError, OSError) as error:
            failed.append(f"console {name}: {error}")
    return failed
