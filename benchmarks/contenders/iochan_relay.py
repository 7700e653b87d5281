"""iochan's relay, run as the program that it is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks import wire
from benchmarks.contenders.base import Contender
from benchmarks.contenders.relays import target

if TYPE_CHECKING:
    from benchmarks.job import Job


class IochanRelay(Contender):
    """``iochan relay``, with TLS or a WebSocket on its listener where the row says so."""

    @override
    def relay(self, job: Job) -> None:
        host, port = target(job)
        own = wire.free_port()
        options = ["--once", "--quiet"]
        listen = f"tcp://{wire.HOST}:{own}"
        if job.websocket:
            listen = f"ws+{listen}"
        if job.tls:
            listen = f"tls+{listen}?tls.creds=tls0"
            options += [
                "--object",
                f"tls-creds-x509,id=tls0,endpoint=server,dir={job.path},verify-peer=off",
            ]
        wire.announce((wire.HOST, own))
        os.execv(
            sys.executable,
            [sys.executable, "-m", "iochan", "relay", *options, listen, f"tcp://{host}:{port}"],
        )
