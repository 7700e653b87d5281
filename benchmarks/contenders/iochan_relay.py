"""iochan's relay on its own loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks import wire
from benchmarks.contenders.base import Contender
from benchmarks.contenders.iochan_stack import protector
from benchmarks.contenders.relays import target
from iochan.address import InetAddress
from iochan.channels.connect import connect_op
from iochan.channels.listen import SocketListener
from iochan.core.pollloop import PollLoop
from iochan.relay.service import Relay, RelayLimits

if TYPE_CHECKING:
    from benchmarks.job import Job
    from iochan.core.channel import Channel
    from iochan.core.op import Op


class IochanRelay(Contender):
    """`iochan.relay.service.Relay` from a listener, with TLS on its clients where the row says so."""

    @override
    def relay(self, job: Job) -> None:
        host, port = target(job)

        def dial() -> Op[Channel]:
            return connect_op(InetAddress(host, port))

        loop = PollLoop()
        wrap = protector(job) if job.tls else None
        Relay(loop, SocketListener([wire.listen(job)]), dial, wrap=wrap, limits=RelayLimits(once=True))
        loop.run()
