from __future__ import annotations

import re
import threading

import pytest

from iochan.aio import run_async
from iochan.channels.pair import memory_pair
from iochan.chardev.aio import AsyncConsole
from iochan.chardev.errors import ExpectError
from iochan.chardev.expect import MAX_SEEN, Console
from iochan.core.errors import ChannelTimeout
from tests.chardev.world import drain


def test_a_line_is_sent_and_its_answer_awaited() -> None:
    near, far = memory_pair()
    with near, far:
        console = Console(far)
        console.send_line("uname")
        console.send(b"\x03")
        assert drain(near) == b"uname\r\x03"
        near.write_all(b"Linux\r\n# more")
        match = console.expect("# ")
        assert (match[0], console.before) == (b"# ", b"Linux\r\n")
        assert console.expect(re.compile(rb"m(.)re"))[1] == b"o"


def test_what_has_come_in_pieces_is_found() -> None:
    near, far = memory_pair()
    with near, far:

        def type_slowly() -> None:
            for byte in b"boot\nlogin: ":
                near.write_all(bytes((byte,)))

        writer = threading.Thread(target=type_slowly)
        writer.start()
        assert Console(far).expect("login: ")[0] == b"login: "
        writer.join()


def test_the_first_in_the_stream_wins_and_then_the_first_that_was_named() -> None:
    near, far = memory_pair()
    with near, far:
        near.write_all(b"aaa denied; granted")
        console = Console(far)
        assert console.expect("granted", "denied")[0] == b"denied"
        assert console.expect(re.compile(b"g"), "granted")[0] == b"g"


def test_what_does_not_come_is_a_timeout_and_loses_nothing() -> None:
    near, far = memory_pair()
    with near, far:
        console = Console(far, timeout=0.01)
        near.write_all(b"half")
        with pytest.raises(ChannelTimeout, match="waiting for b'half a line' did not end within"):
            console.expect("half a line")
        near.write_all(b" a line")
        console.expect("half a line")


def test_an_end_before_that_says_what_came_instead() -> None:
    near, far = memory_pair()
    with far:
        near.write_all(b"connection refused")
        near.close()
        with pytest.raises(
            ExpectError, match=r"ended before b'login' came; .*'connection refused'"
        ) as caught:
            Console(far).expect("login")
        assert caught.value.seen == b"connection refused"


def test_only_the_latest_bytes_are_searched() -> None:
    near, far = memory_pair(4 * MAX_SEEN)
    with near, far:
        near.write_all(b"needle" + b"." * (2 * MAX_SEEN) + b"end")
        console = Console(far)
        console.expect("end")
        assert len(console.before) <= MAX_SEEN


def test_nothing_to_expect_is_refused() -> None:
    near, far = memory_pair()
    with near, far, pytest.raises(ValueError, match="at least one pattern"):
        Console(far).expect()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_code_awaits_the_same_verbs(backend: str) -> None:
    async def talk() -> None:
        near, far = memory_pair()
        with near, far:
            console = AsyncConsole(far)
            await console.send_line("date")
            await console.send(b"!")
            assert drain(near) == b"date\r!"
            near.write_all(b"Mon\r\n$ ")
            assert (await console.expect("$ "))[0] == b"$ "
            assert console.before == b"Mon\r\n"

    if backend == "asyncio":
        run_async(talk)
    else:
        pytest.importorskip("trio").run(talk)
