from __future__ import annotations

from pathlib import Path

import pytest

from iochan.chardev.config import parse_config, read_config
from iochan.chardev.entrance import Entrance
from iochan.chardev.errors import ConfigError

GOOD = """\
metrics = "tcp://127.0.0.1:9100"
objects = ["authz-simple,id=staff,identity=CN=fred"]

[console.router]
chardev = "serial,path=/dev/ttyUSB0,baud=9600,logfile=/var/log/router"
listen = [
  "unix:///run/router",
  { address = "tcp://:7001", admin = "staff", default = "observer", escape = "none", EXTRA },
]

[console."db.1"]
chardev = "pty,command=sh -i"
listen = "tcp://:7002"
""".replace("EXTRA", 'queue = "64K", slow = "disconnect", notices = false')


def test_a_file_is_consoles_objects_and_where_the_counters_are(tmp_path: Path) -> None:
    path = tmp_path / "consoles.toml"
    path.write_text(GOOD)
    config = read_config(str(path))
    assert config.metrics == "tcp://127.0.0.1:9100"
    assert config.objects == ("authz-simple,id=staff,identity=CN=fred",)
    router = config.consoles["router"]
    assert router.backend.address == "serial:///dev/ttyUSB0"
    assert router.backend.records.logfile == "/var/log/router"
    assert router.entrances == (
        Entrance("unix:///run/router"),
        Entrance(
            "tcp://:7001",
            admin="staff",
            default="observer",
            escape=None,
            notices=False,
            queue=65536,
            disconnect_slow=True,
        ),
    )
    assert config.consoles["db.1"].entrances == (Entrance("tcp://:7002"),)


WRONG = [
    (
        GOOD.replace("baud", "bod"),
        r"f: line 5: console\.router\.chardev: serial 'router': unknown property 'bod'",
    ),
    (GOOD.replace("metrics", "metric"), r"f: line 1: metric: unknown key .*did you mean 'metrics'"),
    (GOOD.replace('"64K"', '"64X"'), r"f: line 6: console\.router\.listen\[1\]: queue=64X"),
    (GOOD.replace('"none"', '"two keys"'), r"console\.router\.listen\[1\]: escape: 'two keys' is no key"),
    (GOOD.replace('"observer"', '"boss"'), r"listen\[1\]: role 'boss' is none"),
    (GOOD.replace('"disconnect"', '"wait"'), r"listen\[1\]\.slow: 'wait' is none .*known: disconnect, drop"),
    (GOOD.replace("notices = false", "notices = 0"), r"listen\[1\]\.notices: write true or false"),
    (GOOD.replace("admin =", "amdin ="), r"listen\[1\]\.amdin: unknown key .*did you mean 'admin'"),
    (GOOD.replace('address = "tcp://:7001", ', ""), r"listen\[1\]: no address"),
    (GOOD.replace('chardev = "pty', 'chardv = "pty'), r"f: line 12: console\.db\.1\.chardv: unknown key"),
    (GOOD + "[console.empty]\n", r"f: line 14: console\.empty: no chardev"),
    (GOOD + '[console."a b"]\nchardev="pty"\n', "no name: begin with a letter"),
    (GOOD + "[console.x]\nchardev = 7\n", r"line 15: console\.x\.chardev: no text"),
    ("objects = 1\n", r"line 1: objects: no list"),
    ("console = 1\n", r"line 1: console: no table"),
    ("console.x = 1\n", r"line 1: console\.x: no table: give it keys such as chardev"),
    ("a = = 1\n", r"f: no TOML: .*line 1"),
    ("x = 1979-13-01\n", r"f: no TOML"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[row[1][:40] for row in WRONG])
def test_what_is_wrong_is_said_with_its_line_and_key(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(text.encode(), "f")


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ConfigError, match="no TOML"):
        parse_config(b"\xff\xfe", "f")


def test_a_configuration_that_never_ends_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iochan.chardev.config.MAX_CONFIG", 10)
    with pytest.raises(ConfigError, match="more than 10 bytes"):
        parse_config(b"#" * 11)
