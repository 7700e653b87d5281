"""What one process of a sample is told to do, and what it reports: both travel as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.clock import LARGE_MESSAGE, Clock

SMALL_BUFFER = 64 * 1024
LARGE_BUFFER = 256 * 1024

Address = tuple[str, int] | str


@dataclass(kw_only=True)
class Job:
    """The order for one process.

    Attributes:
        size: bytes of a message.
        pieces: how many equal buffers a message is handed over in.
        gather: whether small messages may be held back and sent together.
        unix: a unix socket instead of TCP on 127.0.0.1.
        tls: TLS 1.3 with the certificate in ``directory``.
        websocket: a WebSocket on top.
        connections: how many the crowd opens.
        server: whether this process accepts (or connects to ``address``).
        address: where the process before this one listens; None for the first.
        watch: the process whose CPU time and memory count; 0: none.
        core: the processor that this process is pinned to.
        directory: the run's own folder: certificates, unix sockets.
    """

    size: int
    pieces: int = 1
    gather: bool = False
    unix: bool = False
    tls: bool = False
    websocket: bool = False
    connections: int = 1
    server: bool = False
    address: Address | None = None
    watch: int = 0
    core: int = 0
    warmup: float = 0.15
    seconds: float = 0.5
    directory: str = ""
    clock: Clock = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.clock = Clock(warmup=self.warmup, length=self.seconds, size=self.size, watch=self.watch)

    @property
    def message(self) -> bytes:
        """One message."""
        return bytes(self.size)

    @property
    def buffer(self) -> memoryview:
        """A new receive buffer of the size that suits the messages, the same for every contender."""
        return memoryview(bytearray(LARGE_BUFFER if self.size >= LARGE_MESSAGE else SMALL_BUFFER))

    @property
    def path(self) -> Path:
        """The run's folder."""
        return Path(self.directory)

    def to_json(self) -> str:
        """The order as text for a command line."""
        return json.dumps({name: value for name, value in vars(self).items() if name != "clock"})

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Read what :meth:`to_json` wrote."""
        fields = json.loads(text)
        if isinstance(fields["address"], list):
            fields["address"] = tuple(fields["address"])
        return cls(**fields)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a process measured: :class:`~benchmarks.clock.Clock`'s figures, and the crowd's memory."""

    count: int
    seconds: float
    cpu_ns: int = 0
    memory_kib: int = 0
    late_us: float = 0

    def to_json(self) -> str:
        """The line that the harness reads."""
        return json.dumps({"result": asdict(self)})
