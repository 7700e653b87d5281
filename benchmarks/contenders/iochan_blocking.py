"""iochan's channels in blocking code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks.contenders.base import Blocking, End
from benchmarks.contenders.iochan_stack import check_suite, stack
from iochan.channels.adopt import socket_channel
from iochan.core.fd import FdBox

if TYPE_CHECKING:
    import socket

    from benchmarks.job import Job
    from iochan.core.channel import Channel


class Iochan(Blocking):
    """``readinto``, ``write_all`` and ``writev_all``; small messages are gathered by the cork."""

    @override
    def open(self, sock: socket.socket, job: Job) -> End:
        channel = stack(sock, job)
        channel.handshake()
        check_suite(channel)
        channel.set_cork(job.gather)
        return End(channel.readinto, channel.write_all, channel.close, channel.writev_all)

    @override
    def perform(self, role: str, sock: socket.socket, job: Job) -> None:
        if role not in ("take", "give"):
            super().perform(role, sock, job)
            return
        with socket_channel(sock) as channel:
            if role == "take":
                self._take(channel)
            else:
                self._give(channel, job)

    def _take(self, channel: Channel) -> None:
        box, room = FdBox(limit=1), [bytearray(1)]
        while channel.readv(room, box):
            os.close(box.take())
            channel.write_all(b"\0")

    def _give(self, channel: Channel, job: Job) -> None:
        descriptors, room = [channel.fileno()], bytearray(1)
        for _ in job.clock.laps():
            channel.writev([b"\0"], descriptors)
            channel.readinto(room)
