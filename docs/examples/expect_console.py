"""A machine that asks who is there, and a script that answers."""

from __future__ import annotations

import asyncio
import re

import iochan
from iochan.chardev import AsyncConsole, Console

MACHINE = "pty:?command=sh%20-c%20'printf%20login:\\ ;%20read%20name;%20echo%20welcome,%20$name;%20read%20bye'"

with iochan.connect(MACHINE) as channel:
    console = Console(channel, timeout=10)
    console.expect("login: ")
    console.send_line("root")
    match = console.expect(re.compile(rb"welcome, (\w+)"), "denied")
    print("blocking code:", match[1].decode())
    console.send_line()


async def main() -> None:
    """Do the same in async code."""
    async with await iochan.aio.connect(MACHINE) as channel:
        console = AsyncConsole(channel, timeout=10)
        await console.expect("login: ")
        await console.send_line("guest")
        match = await console.expect(re.compile(rb"welcome, (\w+)"), "denied")
        print("async code:", match[1].decode())
        await console.send_line()


asyncio.run(main())
