from __future__ import annotations

import os
from pathlib import Path

import pytest

from iochan.authz.simple import SimpleAuthz
from iochan.authz.user import require_user, users_only
from iochan.channels.pair import memory_pair
from iochan.core.errors import PeerRejected
from iochan.core.op import run
from iochan.core.opening import connect, listen


def test_the_user_at_the_other_end_decides(tmp_path: Path) -> None:
    with listen(f"unix://{tmp_path}/socket") as listener, connect(listener.addresses[0]):
        with listener.accept(5) as channel:
            mine = SimpleAuthz(f"uid={os.getuid()}")
            require_user(channel.buffered(), mine)
            assert run(users_only(mine)(channel)) is channel
            with pytest.raises(PeerRejected, match=f"the peer 'uid={os.getuid()}' may not come in"):
                run(users_only(SimpleAuthz("uid=-1"))(channel))


def test_a_channel_that_does_not_know_its_peer_is_refused() -> None:
    near, far = memory_pair()
    with near, far, pytest.raises(PeerRejected, match="the peer's user is not known"):
        require_user(near, SimpleAuthz("uid=0"))
