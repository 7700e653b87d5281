from __future__ import annotations

import os
from pathlib import Path

import pytest

from iochan.chardev.backend import ChardevBackend
from iochan.chardev.device import Reconnect
from iochan.chardev.kinds import build_pty
from iochan.chardev.options import KINDS, UNSUPPORTED_KINDS, ChardevStore
from iochan.core.errors import AddressError


def made(text: str) -> ChardevBackend:
    store = ChardevStore()
    return store.backends[store.add(text)]


SOCKETS = [
    ("host=h,port=23", "tcp://h:23", False),
    ("port=7000,server=on,wait=off", "tcp://:7000", True),
    ("port=7000,server,nowait", "tcp://:7000", True),
    ("host=::1,port=9,nodelay", "tcp://[::1]:9?nodelay=on", False),
    ("host=h,port=9,delay=on", "tcp://h:9?nodelay=off", False),
    ("host=h,port=9,to=12,server=on,noipv6", "tcp://h:9?to=12&ipv6=off", True),
    ("path=/run/x,server=on", "unix:///run/x", True),
    ("path=x,abstract=on", "abstract://x", False),
    ("fd=7", "fd://7", False),
    ("host=h,port=9,tls-creds=t", "tls+tcp://h:9?tls.creds=t&tls.hostname=h", False),
    ("host=h,port=9,tls-creds=t,tls-hostname=n", "tls+tcp://h:9?tls.creds=t&tls.hostname=n", False),
    ("port=9,server=on,tls-creds=t,tls-authz=a", "tls+tcp://:9?tls.authz=a&tls.creds=t", True),
    ("port=9,server=on,websocket=on,tls-creds=t", "ws+tls+tcp://:9?tls.creds=t", True),
    ("port=9,server=on,telnet=on", "telnet+tcp://:9", True),
]


@pytest.mark.parametrize(("options", "address", "accepts"), SOCKETS, ids=[row[0] for row in SOCKETS])
def test_a_socket_is_the_stack_that_qemu_makes_of_it(options: str, address: str, accepts: bool) -> None:
    backend = made(f"socket,id=c0,{options}")
    assert (backend.address, backend.accepts) == (address, accepts)


OTHERS = [
    ("pty", "pty:", ""),
    ("pty,path=/tmp/l", "pty:///tmp/l", ""),
    ("pty,command=cat -u", "pty:?command=cat%20-u", ""),
    ("serial,path=/dev/ttyS0,baud=9600,parity=even", "serial:///dev/ttyS0?parity=even", ""),
    ("tty,path=/dev/ttyS1", "serial:///dev/ttyS1?baud=115200", ""),
    ("file,path=/tmp/o", "file:///tmp/o?mode=w", ""),
    ("file,path=/tmp/o,input-path=/tmp/i,append=on", "file:///tmp/o?mode=a", "file:///tmp/i"),
    ("null", "null:", ""),
    ("ringbuf", "ring:", ""),
    ("ringbuf,size=4K", "ring:?size=4096", ""),
    ("stdio", "stdio:", ""),
    ("address,address=tls+tcp://h:1?tls.creds=a", "tls+tcp://h:1?tls.creds=a", ""),
    ('{"qom-type": "pty", "command": "echo a,b", "id": "c0"}', "pty:?command=echo%20a,b", ""),
]


@pytest.mark.parametrize(("text", "address", "source"), OTHERS, ids=[row[0] for row in OTHERS])
def test_each_kind_has_its_address(text: str, address: str, source: str) -> None:
    backend = made(text if text.startswith("{") else f"{text},id=c0")
    assert (backend.address, backend.source) == (address, source)


def test_a_pipe_is_two_fifos_with_the_names_of_the_devices_end(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with pytest.raises(AddressError, match="is no FIFO: make it with mkfifo"):
        made(f"pipe,id=c0,path={path}")
    for end in ("in", "out"):
        os.mkfifo(f"{path}.{end}")
    backend = made(f"pipe,id=c0,path={path}")
    assert backend.address == f"file://{path}.in?mode=rw"
    assert backend.source == f"file://{path}.out?mode=rw"


WRONG = [
    ("pyt,id=a", r"chardev 'pyt' is unknown \(known: .*; did you mean 'pty'\?\)"),
    ("udp,id=a,host=h", "chardev 'udp': QEMU has it and iochan has not: a stream is needed: use socket"),
    ("ringbuf,id=a,size=0", "size=0: write a number from 1"),
    ("memory,id=a", "an old name: use ringbuf"),
    ("socket,id=a,port=1,server=on,tn3270=on", "option 'tn3270': QEMU has it and iochan has not"),
    ("pty,id=a,mux=on", "option 'mux': QEMU has it and iochan has not: every console has many clients"),
    ("socket,id=a,prot=1", r"socket 'a': unknown property 'prot' \(known: .*did you mean 'port'"),
    ("socket,id=a", "where it is has to be said once"),
    ("socket,id=a,port=1,path=/x", "where it is has to be said once"),
    ("socket,id=a,port=1", "no host: a client needs one"),
    ("socket,id=a,host=h,port=1,wait=off", "wait is for a server"),
    ("socket,id=a,host=h,port=1,tls-authz=x", "need tls-creds"),
    ("socket,id=a,host=h,port=1,tls-creds=t,tls-authz=x", "tls-authz is for a server"),
    ("socket,id=a,host=h,port=1,delay=on,nodelay=on", "both delay and nodelay"),
    ("socket,id=a,port=1,server=on,reconnect=1", "reconnect is for a client"),
    ("socket,id=a,host=h,port=1,reconnect=1,reconnect-ms=5", "both reconnect and reconnect-ms"),
    ("pty,id=a,reconnect=-1", "reconnect=-1: write a number from 0 to 86400"),
    ("pty,id=a,command=", "an empty command"),
    ("pty,id=a,command='", "cannot be split: no closing quotation: close its quotes"),
    ("pty,id=a,record-version=1", "write 2 or 3"),
    ("pty", "pty has no id"),
    ("id=a", "a chardev has no kind"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_said_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(AddressError, match=message):
        made(text)


def test_an_id_is_taken_once() -> None:
    store = ChardevStore()
    store.add("null,id=a")
    with pytest.raises(AddressError, match="'a' is taken"):
        store.add("pty,id=a")


def test_no_kind_is_both_known_and_unsupported() -> None:
    assert not set(KINDS) & set(UNSUPPORTED_KINDS)


def test_how_the_console_behaves_is_said_with_the_device() -> None:
    backend = made("pty,id=a,reconnect-ms=500,reconnect-max=4,shared=on,scrollback=1K,patience=0,logfile=/l")
    assert backend.options.reconnect == Reconnect(0.5, 4)
    assert (backend.options.shared, backend.options.scrollback, backend.options.patience) == (True, 1024, 0)
    assert backend.records.logfile == "/l"
    assert made("pty,id=a").options.reconnect is None
    assert made("serial,id=a,path=/dev/x").options.reconnect == Reconnect()
    assert made("serial,id=a,path=/dev/x,reconnect=0").options.reconnect is None


def test_a_program_can_be_built_without_text() -> None:
    assert build_pty(path=None, command="cat").address == "pty:?command=cat"
