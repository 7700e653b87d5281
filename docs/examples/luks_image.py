"""An encrypted image, made, written and given a second password."""

from __future__ import annotations

from iochan.channels.file import FileChannel
from iochan.core.op import run
from iochan.crypto.block import WrongPassword, add_key_op, create_luks_op, open_luks_op

with FileChannel.open("disk.luks", "rw") as image:
    # A few iterations, since nobody is kept out of an example; without them a try takes two seconds.
    run(create_luks_op(image, b"first password", 1 << 20, iterations=1000))
    print("slot", run(add_key_op(image, b"first password", b"second password", iterations=1000)))

with run(open_luks_op(FileChannel.open("disk.luks", "rw"), b"second password")) as disk:
    print(disk.size, "plain bytes")
    disk.pwritev([b"any bytes", b", anywhere"], 1000)
    disk.seek(1000)
    print(disk.read_exactly(19))

with FileChannel.open("disk.luks") as image:
    try:
        run(open_luks_op(image, b"a guess"))
    except WrongPassword as error:
        print(error)
