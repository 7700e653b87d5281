"""Chardevs as QEMU writes them: ``socket,id=c0,host=h,port=1,server=on,tls-creds=tls0``, and our own kinds.

What QEMU has and iochan has not is told apart from what is misspelt, in a message of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from iochan.chardev.backend import ChardevBackend
from iochan.chardev.device import Reconnect
from iochan.chardev.hub import HubOptions
from iochan.chardev.kinds import (
    build_address,
    build_file,
    build_null,
    build_pipe,
    build_pty,
    build_ringbuf,
    build_serial,
    build_socket,
    build_stdio,
)
from iochan.chardev.records import Records
from iochan.core.errors import AddressError, show_known, show_text
from iochan.objects import ObjectStore, ObjectType, Property, parse_object

__all__ = ["KINDS", "UNSUPPORTED_KINDS", "ChardevStore"]

_COMMON: Mapping[str, Property] = {
    "logfile": Property("path", doc="a log of what the device sends"),
    "logappend": Property("bool", default=False, doc="go on with a log that is there"),
    "logtimestamp": Property("bool", default=False, doc="a time before each line, and who sent it"),
    "logrotate": Property("size", default=0, doc="move the log away when it has so many bytes"),
    "logkeep": Property("int", default=5, doc="how many logs that were moved away are kept"),
    "loginput": Property("bool", default=False, doc="keep what clients type too, passwords included"),
    "record": Property("path", doc="an asciicast of the console"),
    "record-version": Property("int", default=2, doc="of the asciicast: 2 or 3"),
    "scrollback": Property("size", doc="bytes that who comes later gets first, 64K if nothing is said"),
    "screen": Property("bool", default=False, doc="who comes later gets the screen drawn anew; needs pyte"),
    "shared": Property("bool", default=False, doc="everyone who may write does so at the same time"),
    "patience": Property(
        "int", default=200, doc="milliseconds for which a full client holds the device back"
    ),
    "reconnect": Property("int", doc="seconds before the device is opened again, doubled each time"),
    "reconnect-ms": Property("int", doc="the same in milliseconds"),
    "reconnect-max": Property("int", default=60, doc="seconds between two tries at most"),
}

_SOCKET: Mapping[str, Property] = {
    "host": Property(doc="a name or an address"),
    "port": Property(doc="a number or the name of a service"),
    "path": Property("path", doc="of a unix socket"),
    "abstract": Property("bool", default=False, doc="the path is a name that no file stands for"),
    "fd": Property("int", doc="a socket that this process was given"),
    "to": Property("int", doc="the highest port to try when listening"),
    "ipv4": Property("bool", doc="whether IPv4 may be used"),
    "ipv6": Property("bool", doc="whether IPv6 may be used"),
    "server": Property("bool", default=False, doc="the device comes to us"),
    "wait": Property("bool", doc="accepted for a server; clients are served before the device comes, too"),
    "nodelay": Property("bool", doc="send small writes at once"),
    "delay": Property("bool", doc="the opposite of nodelay"),
    "telnet": Property("bool", default=False, doc="speak telnet"),
    "websocket": Property("bool", default=False, doc="speak WebSocket"),
    "tls-creds": Property(doc="the id of the credentials"),
    "tls-authz": Property(doc="the id of the list of those who may come"),
    "tls-hostname": Property(doc="who the server must be; the host, if it is not given"),
}

_PTY: Mapping[str, Property] = {
    "path": Property("path", doc="a symbolic link to make"),
    "command": Property(doc="a program to run on the terminal, with its arguments"),
}

_FILE: Mapping[str, Property] = {
    "path": Property("path", required=True, doc="where what clients type goes"),
    "input-path": Property("path", doc="what the device sends"),
    "append": Property("bool", default=False, doc="write behind what is there"),
}

_SERIAL: Mapping[str, Property] = {
    "path": Property("path", required=True, doc="the device"),
    "baud": Property("int", default=115200, doc="bits a second"),
    "data-bits": Property("int", default=8, doc="5 to 8"),
    "parity": Property(default="none", doc="none, even, odd, mark or space"),
    "stop-bits": Property(default="1", doc="1, 1.5 or 2"),
    "flow": Property(default="none", doc="none, rtscts, dsrdtr or xonxoff"),
}

KINDS: Mapping[str, tuple[Mapping[str, Property], Callable[..., ChardevBackend]]] = {
    "address": ({"address": Property(required=True, doc="any stack")}, build_address),
    "file": (_FILE, build_file),
    "null": ({}, build_null),
    "pipe": (
        {"path": Property("path", required=True, doc="of the FIFOs PATH.in and PATH.out")},
        build_pipe,
    ),
    "pty": (_PTY, build_pty),
    "ringbuf": ({"size": Property("size", default=65536, doc="bytes that are kept")}, build_ringbuf),
    "serial": (_SERIAL, build_serial),
    "socket": (_SOCKET, build_socket),
    "stdio": ({}, build_stdio),
}
"""The kinds of chardevs, each with its own properties and what makes the `ChardevBackend` of them."""

_OLD = re.compile(r"(?<!,),no(wait|ipv4|ipv6)(?=$|,(?!,))")
_ALIASES = {"tty": "serial"}
"""QEMU's older names."""

UNSUPPORTED_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("mux", "hub"), "every console here has many clients and its records: leave it out"),
    **dict.fromkeys(("udp", "dgram"), "a stream is needed: use socket"),
    **dict.fromkeys(("vc", "spicevmc", "spiceport", "qemu-vdagent", "dbus"), "it is of QEMU's own displays"),
    **dict.fromkeys(("braille", "msmouse", "wctablet", "testdev"), "it is a device of a guest"),
    **dict.fromkeys(("parallel", "parport"), "a parallel port is no stream: use serial, or file"),
    "memory": "an old name: use ringbuf",
    "console": "it is of Windows: use stdio",
}
"""Kinds that QEMU has, each with why iochan has it not and what to do."""

_UNSUPPORTED: Mapping[str, Mapping[str, str]] = {
    "": {"mux": "every console has many clients: leave it out"},
    "socket": {
        "tn3270": "no 3270 terminals are served: leave it out",
        "tight": "abstract names are always as long as they are: leave it out",
        "yank": "a client is disconnected by the escape key and x: leave it out",
    },
    "stdio": {"signal": "keys make no signals on a console: leave it out"},
}


class ChardevStore:
    """The chardevs of a program, by id, in the order in which they came."""

    def __init__(self) -> None:
        self._store = ObjectStore()
        for name, (properties, build) in KINDS.items():
            self._store.register_type(ObjectType(name, {**properties, **_COMMON}, _builder(build)))
        self.backends: dict[str, ChardevBackend] = {}

    def add(self, text: str) -> str:
        """Keep the chardev of *text*, and return its id; nothing is opened.

        Raises:
            AddressError: *text* is wrong, or its id is taken.
        """
        values = parse_object(_modern(text))
        kind, identity = values.pop("qom-type", None), values.pop("id", None)
        if not isinstance(kind, str):
            message = "a chardev has no kind: write KIND,id=ID,…, or with qom-type in JSON"
            raise AddressError(message)
        kind = _ALIASES.get(kind, kind)
        if kind not in KINDS:
            raise AddressError(_refusal(f"chardev {show_text(kind)}", kind, UNSUPPORTED_KINDS, KINDS))
        for option in values:
            for owner in ("", kind):
                if option in _UNSUPPORTED.get(owner, {}):
                    known = f"chardev {kind}: option {option!r}"
                    raise AddressError(_refusal(known, option, _UNSUPPORTED[owner], ()))
        made = self._store.add(_retype(_modern(text), kind))
        assert isinstance(made, ChardevBackend)
        self.backends[str(identity)] = made
        return str(identity)


def _refusal(what: str, name: str, unsupported: Mapping[str, str], known: Any) -> str:  # noqa: ANN401
    if name in unsupported:
        return f"{what}: QEMU has it and iochan has not: {unsupported[name]}"
    return f"{what} is unknown {show_known(name, known)}"


def _modern(text: str) -> str:
    """Return *text* with QEMU's older switches in today's words."""
    return text if text.lstrip().startswith("{") else _OLD.sub(lambda found: f",{found[1]}=off", text)


def _retype(text: str, kind: str) -> str:
    """Return *text*, whose kind may be an alias, with *kind*."""
    first, comma, rest = text.partition(",")
    return f"{kind}{comma}{rest}" if first in _ALIASES else text


def _builder(build: Callable[..., ChardevBackend]) -> Callable[..., ChardevBackend]:
    def make(**values: Any) -> ChardevBackend:  # noqa: ANN401 - as the table says
        common = {name.replace("-", "_"): values.pop(name.replace("-", "_")) for name in _COMMON}
        backend = build(**values)
        return ChardevBackend(
            backend.kind,
            backend.address,
            accepts=backend.accepts,
            source=backend.source,
            options=_hub_options(common, backend),
            records=_records(common),
        )

    return make


def _hub_options(values: Mapping[str, Any], backend: ChardevBackend) -> HubOptions:
    seconds, millis = values["reconnect"], values["reconnect_ms"]
    if seconds is not None and millis is not None:
        message = f"chardev {backend.kind}: both reconnect and reconnect-ms: leave one"
        raise AddressError(message)
    least = backend.options.reconnect.least if backend.options.reconnect else 0.0
    if seconds is not None or millis is not None:
        if backend.accepts:
            message = f"chardev {backend.kind}: reconnect is for a client: leave it out of a server"
            raise AddressError(message)
        least = _bounded(backend, "reconnect", seconds if millis is None else millis / 1000, 86400)
    most = _bounded(backend, "reconnect-max", values["reconnect_max"], 86400)
    again = Reconnect(least, max(least, most)) if least or backend.accepts else None
    return HubOptions(
        scrollback=_bounded(backend, "scrollback", _scrollback(backend, values["scrollback"]), 1 << 30),
        shared=values["shared"],
        patience=_bounded(backend, "patience", values["patience"], 60_000) / 1000,
        reconnect=again,
        mute=backend.options.mute,
        screen=values["screen"],
    )


def _scrollback(backend: ChardevBackend, asked: int | None) -> int:
    return backend.options.scrollback if asked is None else asked


def _records(values: Mapping[str, Any]) -> Records:
    if values["record_version"] not in (2, 3):
        message = f"record-version={values['record_version']}: write 2 or 3"
        raise AddressError(message)
    return Records(
        logfile=values["logfile"] or "",
        append=values["logappend"],
        timestamp=values["logtimestamp"],
        rotate=values["logrotate"],
        keep=values["logkeep"],
        cast=values["record"] or "",
        cast_version=values["record_version"],
        typed=values["loginput"],
    )


def _bounded(backend: ChardevBackend, name: str, value: Any, most: int) -> Any:  # noqa: ANN401 - int or float
    if not 0 <= value <= most:
        message = f"chardev {backend.kind}: {name}={value}: write a number from 0 to {most}"
        raise AddressError(message)
    return value
