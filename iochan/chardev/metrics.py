"""Counters of consoles: as Prometheus text, and as JSON for `iochan chardev list`."""

from __future__ import annotations

import json
from typing import Any, Final

from iochan.aio.channel import AsyncChannel
from iochan.chardev.hub import Hub
from iochan.chardev.server import ConsoleServer
from iochan.core.channel import Channel
from iochan.core.errors import RemoteProtocolError, UnexpectedEOF, show_bytes
from iochan.core.op import Op

__all__ = ["MAX_ANSWER", "MAX_REQUEST", "as_json", "as_prometheus", "ask_consoles_op", "serve_metrics"]

MAX_REQUEST: Final = 8192
"""Bytes of a request's head."""

MAX_ANSWER: Final = 16 << 20
"""Bytes of an answer that `ask_consoles_op` takes."""

_COUNTERS: Final = (
    ("up", "gauge", "Whether the device is there."),
    ("clients", "gauge", "Clients that are connected."),
    ("clients_total", "counter", "Clients that came."),
    ("device_opened_total", "counter", "How often the device was opened."),
    ("device_bytes_total", "counter", "Bytes that the device sent."),
    ("typed_bytes_total", "counter", "Bytes that the device was sent."),
    ("lost_bytes_total", "counter", "Bytes that slow clients missed."),
    ("queued_bytes", "gauge", "Bytes that wait for clients."),
)


def as_json(server: ConsoleServer) -> list[dict[str, Any]]:
    """Return what there is to know of each console."""
    return [
        {
            "console": name,
            "kind": console.backend.kind,
            "state": console.hub.device.state,
            "addresses": [address for door in console.doors for address in door.addresses],
            "clients": [
                {"number": one.number, "who": one.who, "role": one.role.name.lower(), "lost": one.outlet.lost}
                for one in console.hub.sessions.values()
            ],
            "writes": None if console.hub.pen.holder is None else console.hub.pen.holder.number,
            "records": [tap.state for tap in console.hub.taps],
        }
        for name, console in server.consoles.items()
    ]


def as_prometheus(server: ConsoleServer) -> str:
    """Return the counters in Prometheus's text format, version 0.0.4."""
    values = {name: _values(console.hub) for name, console in server.consoles.items()}
    lines: list[str] = []
    for counter, kind, doc in _COUNTERS:
        lines += [f"# HELP iochan_console_{counter} {doc}", f"# TYPE iochan_console_{counter} {kind}"]
        lines += [
            f'iochan_console_{counter}{{console="{name}"}} {of[counter]}' for name, of in values.items()
        ]
    return "\n".join(lines) + "\n"


def _values(hub: Hub) -> dict[str, int]:
    device, outlets = hub.device, [one.outlet for one in hub.sessions.values()]
    return {
        "up": int(device.channel is not None),
        "clients": len(outlets),
        "clients_total": hub.joined,
        "device_opened_total": device.opened,
        "device_bytes_total": device.bytes_in,
        "typed_bytes_total": device.bytes_out,
        "lost_bytes_total": hub.lost + sum(outlet.lost for outlet in outlets),
        "queued_bytes": sum(outlet.queued for outlet in outlets),
    }


async def serve_metrics(server: ConsoleServer, channel: AsyncChannel) -> None:
    """Answer one HTTP request: ``/metrics`` in Prometheus's format, ``/consoles`` in JSON.

    Raises:
        UnexpectedEOF: The request ended in its head, or its head never ends.
    """
    head = b""
    while b"\r\n\r\n" not in head and b"\n\n" not in head:
        piece = await channel.read(MAX_REQUEST - len(head))
        if not piece:
            raise UnexpectedEOF(len(head))
        head += piece
    words = head.split(b"\n", 1)[0].split()
    path = words[1] if len(words) > 1 and words[0] in (b"GET", b"HEAD") else b""
    status, kind, body = "200 OK", "text/plain; version=0.0.4", ""
    if path == b"/metrics":
        body = as_prometheus(server)
    elif path == b"/consoles":
        kind, body = "application/json", json.dumps(as_json(server))
    else:
        status, body = "404 Not Found", "ask for /metrics or /consoles\n"
    data = b"" if words[:1] == [b"HEAD"] else body.encode()
    fields = f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close"
    await channel.write_all(f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n".encode() + data)


def ask_consoles_op(channel: Channel) -> Op[list[dict[str, Any]]]:
    """Ask the server whose counters are at *channel* for its consoles, and return what `as_json` has there.

    Raises:
        RemoteProtocolError: The answer is none of a server of consoles.
    """
    yield from channel.write_all_op(b"GET /consoles HTTP/1.0\r\n\r\n")
    answer = b""
    while piece := (yield from channel.read_op()):
        answer += piece
        if len(answer) > MAX_ANSWER:
            break
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        consoles = json.loads(body) if head.startswith(b"HTTP/1.1 200 ") else None
    except ValueError:
        consoles = None
    if not isinstance(consoles, list):
        message = f"{channel.name} answered {show_bytes(answer)}: give the address of --metrics"
        raise RemoteProtocolError(message)
    return consoles
