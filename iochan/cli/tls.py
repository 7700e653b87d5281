"""``iochan tls``: what a server offers, and a server to try clients against."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from iochan.cli.options import json_option, make_store, object_option
from iochan.cli.signals import StopSignals
from iochan.cli.tlsprobe import Offer
from iochan.cli.tlsprobe import probe as find_offer
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, IochanError
from iochan.core.listener import Listener
from iochan.core.op import Op
from iochan.core.opening import listen
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.tls.facts import TLS_CIPHER, TLS_GROUP, TLS_PEER_NAME, TLS_VERSION

__all__ = ["tls"]

_MOST = 100


@click.group()
def tls() -> None:
    """Look into TLS servers, and serve TLS clients for a test."""


@tls.command(epilog="\b\nExamples:\n  iochan tls probe tcp://example.org:443 --hostname example.org")
@click.argument("address")
@click.option("--hostname", metavar="NAME", help="The name to ask for by SNI.")
@json_option
def probe(address: str, hostname: str | None, as_json: bool) -> None:
    """Find out what the TLS server at ADDRESS offers: versions, suites, groups, chain, client certificate.

    ADDRESS is a stack without TLS. Nothing is verified, and nothing is sent but handshakes, some
    thirty of them, one after the other.
    """
    offer = find_offer(address, hostname)
    if as_json:
        click.echo(json.dumps(offer.as_json(), indent=2))
        return
    for line in _lines(offer):
        click.echo(line)


def _lines(offer: Offer) -> Iterable[str]:
    chosen = offer.chosen
    yield f"chosen       {chosen['version']} {chosen['cipher']} {chosen['group'] or ''}".rstrip()
    yield f"versions     {', '.join(offer.versions)}"
    for version, suites in offer.suites.items():
        yield f"{version} suites {' '.join(suites)}"
    yield f"groups       {' '.join(offer.groups)}"
    yield f"client cert  {offer.asks_certificate}"
    for one in offer.as_json()["chain"]:
        yield f"certificate  {one['subject']!a} by {one['issuer']!a}, until {one['until']}"


@tls.command(
    epilog="\b\nExamples:\n  iochan tls serve 'tls+tcp://127.0.0.1:4433?tls.creds=tls0' "
    "--object tls-creds-x509,id=tls0,endpoint=server,dir=pki,verify-peer=off"
)
@click.argument("address")
@object_option
@click.option("--once", is_flag=True, help="End after the first connection.")
def serve(address: str, objects: tuple[str, ...], once: bool) -> None:
    """Send every client at ADDRESS its bytes back, and tell what each handshake came to.

    SIGINT or SIGTERM ends it. At most a hundred clients at a time are served.
    """
    if not address.startswith(("tls+", "wss:")):
        message = f"{address}: has no TLS on top: write tls+tcp://HOST:PORT?tls.creds=ID"
        raise AddressError(message)
    loop = PollLoop()
    with listen(address, objects=make_store(objects)) as listener:
        echo = _Echo(loop, listener, once=once)
        with StopSignals(loop, echo.stop) as signals:
            echo.on_done = signals.forget
            for one in listener.addresses:
                click.echo(f"listening on {one}", err=True)
            loop.run()


class _Echo:
    """The server: one task that accepts, and one for each client."""

    def __init__(self, loop: PollLoop, listener: Listener, *, once: bool) -> None:
        self._loop = loop
        self._listener = listener
        self._once = once
        self._clients: set[Task[None]] = set()
        self.on_done = _nothing
        self._accepting = Task(loop, self._accept_op())

    def stop(self, _before: int) -> None:
        """End everything."""
        self._accepting.cancel()
        for task in list(self._clients):
            task.cancel()
        self.on_done()

    def _accept_op(self) -> Op[None]:
        while True:
            channel = yield from self._listener.accept_op()
            if len(self._clients) >= _MOST:
                channel.abort()
                continue
            self._start(channel)
            if self._once:
                return

    def _start(self, channel: Channel) -> None:
        self._clients.add(Task(self._loop, self._serve_op(channel), self._ended))

    def _ended(self, task: Task[None]) -> None:
        self._clients.discard(task)
        if self._once:
            self.on_done()

    def _serve_op(self, channel: Channel) -> Op[None]:
        try:
            yield from channel.handshake_op()
            peer = channel.extra(TLS_PEER_NAME)
            said = (
                f"{channel.extra(TLS_VERSION)} {channel.extra(TLS_CIPHER)} {channel.extra(TLS_GROUP) or ''}"
            )
            click.echo(
                f"{channel.name}: {said.rstrip()}, peer {ascii(peer) if peer else 'unnamed'}", err=True
            )
            while data := (yield from channel.read_op()):
                yield from channel.write_all_op(data)
            yield from channel.close_op()
        except (IochanError, OSError) as error:
            click.echo(f"{channel.name}: {error}", err=True)
        finally:
            channel.abort()


def _nothing() -> None:
    """Wait for nobody."""
