"""A service for those alone whom a list names, by the names that their certificates prove."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import iochan
from iochan import aio
from iochan.tls.pki import init_directory

logging.disable(logging.WARNING)  # the refusal is logged by its server, with its reason
init_directory("pki")  # what `iochan creds init pki` does


def allow(*rules: dict[str, str]) -> None:
    """Write the list of those who may come in."""
    Path("acl.json").write_text(json.dumps({"policy": "deny", "rules": rules}), "utf-8")


allow({"match": "CN=client*", "policy": "allow", "format": "glob"})


async def shout(channel: aio.AsyncChannel) -> None:
    """Serve one client, whom the list allows by the name that its certificate proves."""
    while data := await channel.read():
        await channel.write_all(data.upper())


objects = iochan.ObjectStore()
objects.add("tls-creds-x509,id=tls0,endpoint=server,dir=pki")
objects.add("authz-list-file,id=acl0,filename=acl.json")
service = aio.serve("tls+tcp://127.0.0.1:0?tls.creds=tls0&tls.authz=acl0", shout, objects=objects)


async def ask(address: str) -> bytes:
    """Ask the service something, as a client with a certificate."""
    async with await aio.connect(
        f"{address}?tls.creds=tls1&tls.hostname=localhost", objects=objects
    ) as channel:
        await channel.write_all(b"may i come in")
        return await channel.read_exactly(13)


async def main() -> None:
    """Ask twice, and change the list in between: it counts from the next client on."""
    objects.add("tls-creds-x509,id=tls1,endpoint=client,dir=pki")
    async with service as server:
        address = server.listener.addresses[0]
        print(await ask(address))
        allow()
        try:
            await ask(address)
        except iochan.IochanError as error:
            print(error)


asyncio.run(main())
