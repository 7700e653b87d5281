"""A program that believes that it has a terminal."""

from __future__ import annotations

from iochan import EXIT_STATUS
from iochan.channels.pty import PtyChannel
from iochan.layers.buffered import BufferedLayer

SCRIPT = "stty size; read -r name; echo hello $name"

terminal = PtyChannel.spawn(["sh", "-c", SCRIPT], rows=5, columns=40)
terminal.timeout = 10
with BufferedLayer(terminal) as lines:
    print(lines.read_line())
    lines.write_all(b"world\n")  # the terminal echoes it
    print(lines.read_line())
    print(lines.read_line())
    print(repr(lines.read()), "once the program has left")
print("exit status", lines.extra(EXIT_STATUS))
