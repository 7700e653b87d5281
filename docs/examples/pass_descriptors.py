"""An open file given to the other end of a unix socket."""

from __future__ import annotations

import os
from pathlib import Path

from iochan import DescriptorError, FdBox
from iochan.channels.unix import socketpair

Path("secret.txt").write_text("for the other end only", encoding="utf-8")
sender, receiver = socketpair()

with sender, receiver:
    with Path("secret.txt").open("rb") as file:
        sender.writev_all([b"here it is"], fds=[file])

    try:
        receiver.read()
    except DescriptorError:
        print("a read without a box refuses, and loses nothing")

    buffer = bytearray(100)
    with FdBox(limit=1) as box:
        size = receiver.readv([buffer], fds=box)
        with os.fdopen(box.take(), "rb") as came:
            print(bytes(buffer[:size]), "brings", came.read())
