"""A desktop of one colour, seen by a client in the same program."""

from __future__ import annotations

import threading

from iochan import connect, listen
from iochan.secret.value import Secret
from iochan.vnc.client import VncClient
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.login import Credentials
from iochan.vnc.rect import Rect
from iochan.vnc.security import Passwords, Security
from iochan.vnc.server import VncServer

framebuffer = Framebuffer(320, 200)
framebuffer.fill(framebuffer.screen, 0x336699)
framebuffer.fill(Rect(10, 10, 50, 50), 0xFFFFFF)
server = VncServer(framebuffer, name="two colours", security=Security(Passwords(Secret(b"sesame"))))

with listen("tcp://127.0.0.1:0") as listener:
    thread = threading.Thread(target=lambda: server.serve(listener.accept()))
    thread.start()
    with VncClient.connect(connect(listener.addresses[0]), Credentials(Secret(b"sesame"))) as client:
        picture = client.screenshot()
        print(client.desktop.name, picture.shape, picture[0, 0], picture[20, 20])
    thread.join()
