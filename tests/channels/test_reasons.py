from __future__ import annotations

import errno
import os

from iochan.channels.null import NullChannel
from iochan.channels.reasons import explain, failure
from iochan.core.errors import ChannelBrokenError, ChannelClosedError


def test_a_known_refusal_has_its_own_cure_and_another_the_general_one() -> None:
    assert explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == "no space left on device: free some"
    assert explain(OSError(errno.ENOTTY, "Strange")) == "strange: open a new channel"
    assert explain(OSError("no number")) == "no number: open a new channel"


def test_what_was_closed_here_is_not_called_broken() -> None:
    channel = NullChannel("n")
    error = OSError(errno.EIO, "Input/output error")
    assert isinstance(failure(channel, "reading from", error), ChannelBrokenError)
    assert (
        str(failure(channel, "reading from", error))
        == "reading from n failed: input/output error: check the device"
    )
    assert isinstance(failure(channel, "reading from", ValueError("closed file")), ChannelClosedError)
    channel.close()
    assert isinstance(failure(channel, "reading from", error), ChannelClosedError)
