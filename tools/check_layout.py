"""Refuse a module that is too long, or that has no tests of its own.

``iochan/tls/codec.py`` is tested by ``tests/tls/test_codec.py``, ``iochan_ext/nettle/hash.py`` by
``tests/ext/nettle/test_hash.py``. What is tested elsewhere stands in `COVERED_BY`, with the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MAX_LINES = 400

TESTS_OF = {"iochan": "tests", "iochan_ext": "tests/ext"}

NOTHING: Mapping[str, Any] = {}

LONG: Mapping[str, str] = {}
"""Modules over `MAX_LINES`, each with the reason why it cannot be cut."""

COVERED_BY: Mapping[str, tuple[str, str]] = {
    "iochan/vnc/shown.py": ("tests/vnc/test_coding.py", "what viewers make of it"),
    "iochan/chardev/aio.py": ("tests/chardev/test_expect.py", "the same verbs, awaited"),
    "iochan/chardev/apply.py": ("tests/chardev/test_server.py", "from one configuration to the next"),
    "iochan/chardev/backend.py": ("tests/chardev/test_options.py", "what options are made into"),
    "iochan/chardev/castfile.py": ("tests/chardev/test_cast.py", "what was written is read"),
    "iochan/chardev/device.py": ("tests/chardev/test_hub.py", "the hub is its only user"),
    "iochan/chardev/entrance.py": ("tests/chardev/test_server.py", "the server opens them"),
    "iochan/chardev/errors.py": ("tests/chardev/test_cast.py", "raised there"),
    "iochan/chardev/escape.py": ("tests/chardev/test_hub.py", "clients type it"),
    "iochan/chardev/kinds.py": ("tests/chardev/test_options.py", "each kind by its options"),
    "iochan/chardev/logfile.py": ("tests/chardev/test_recordfile.py", "one kind of record"),
    "iochan/chardev/menu.py": ("tests/chardev/test_hub.py", "clients choose from it"),
    "iochan/chardev/metrics.py": ("tests/chardev/test_server.py", "counters of the server"),
    "iochan/chardev/outlet.py": ("tests/chardev/test_many_clients.py", "queues and gaps of ten clients"),
    "iochan/chardev/pen.py": ("tests/chardev/test_many_clients.py", "compared with a model"),
    "iochan/chardev/records.py": ("tests/chardev/test_recordfile.py", "values"),
    "iochan/chardev/replay.py": ("tests/chardev/test_cast.py", "plays what was recorded"),
    "iochan/chardev/role.py": ("tests/chardev/test_server.py", "roles by the user at a unix socket"),
    "iochan/chardev/scrollback.py": ("tests/chardev/test_many_clients.py", "what late clients get first"),
    "iochan/chardev/session.py": ("tests/chardev/test_hub.py", "the hub is its only user"),
    "iochan/cli/chardevconnect.py": ("tests/cli/test_chardev.py", "one test for the group of commands"),
    "iochan/cli/chardevlist.py": ("tests/cli/test_chardev.py", "one test for the group of commands"),
    "iochan/cli/chardevrecord.py": ("tests/cli/test_chardev.py", "one test for the group of commands"),
    "iochan/cli/chardevserve.py": ("tests/cli/test_chardev.py", "one test for the group of commands"),
    "iochan/core/sideband.py": ("tests/chardev/test_hub.py", "attributes; breaks and windows pass by them"),
    "iochan/cli/cipher.py": ("tests/cli/test_crypto.py", "one test for what needs no network"),
    "iochan/cli/hash.py": ("tests/cli/test_crypto.py", "one test for what needs no network"),
    "iochan/cli/kdf.py": ("tests/cli/test_crypto.py", "one test for what needs no network"),
    "iochan/cli/luks.py": ("tests/cli/test_crypto.py", "one test for what needs no network"),
    "iochan/cli/stream.py": ("tests/cli/test_crypto.py", "hash and cipher read by it"),
    "iochan/crypto/backend.py": ("tests/crypto/test_choice.py", "what a backend lacks it refuses"),
    "iochan/crypto/backends/pyca.py": ("tests/crypto/test_cipher.py", "the facade asks it for ciphers"),
    "iochan/crypto/backends/stdlib.py": ("tests/crypto/test_hash.py", "the facade asks it for hashes"),
    "iochan/crypto/block/channel.py": ("tests/crypto/block/test_luks.py", "open_luks_op makes it"),
    "iochan/crypto/block/effort.py": ("tests/crypto/block/test_luks.py", "what takes too long to open"),
    "iochan/crypto/block/errors.py": ("tests/crypto/block/test_luks.py", "raised there"),
    "iochan/crypto/block/keyslot.py": ("tests/crypto/block/test_luks.py", "keys are added and opened"),
    "iochan/crypto/block/material.py": (
        "tests/crypto/block/test_keys.py",
        "what it writes, and in what order",
    ),
    "iochan/crypto/block/sectors.py": ("tests/crypto/block/test_luks.py", "every cipher that images have"),
    "iochan/crypto/errors.py": ("tests/crypto/test_cipher.py", "raised by the facade"),
    "iochan/crypto/names.py": ("tests/crypto/test_cipher.py", "the table of lengths"),
    "iochan/secret/lookup.py": ("tests/secret/test_object.py", "objects are what is looked up"),
    "iochan/vnc/admit.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/client.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/clientmessage.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/clipboard.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/codes.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/damage.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/decode/base.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/decode/hextile.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/decode/inflate.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/decode/raw.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/decode/rre.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/decode/tight.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/decode/zrle.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/desktop.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/encode/base.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/encode/hextile.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/encode/raw.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/encode/rre.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/encode/runs.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/encode/tight.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/encode/zrle.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/errors.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/feed.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/framebuffer.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/lockout.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/login.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/output.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/pixelformat.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/pseudo.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/rect.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/requests.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/security.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/servermessage.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/session.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/testcard.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/translate.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/update.py": ("tests/vnc/test_codings.py", "each coding against its opposite"),
    "iochan/vnc/vencrypt.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/version.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/view.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/vncauth.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/vnc/wishes.py": ("tests/vnc/test_server.py", "both ends against each other"),
    "iochan/cli/vnc.py": ("tests/cli/test_vnctestcard.py", "a picture of the card"),
    "iochan/cli/demoscreen.py": ("tests/cli/test_demo.py", "screen"),
    "iochan/cli/vncgateway.py": ("tests/interop/test_vnc_gateway.py", "a browser through it"),
    "iochan/cli/vncshare.py": ("tests/interop/test_vnc_servers.py", "Xvnc shared"),
    "iochan/cli/vnctarget.py": ("tests/interop/test_vnc_gateway.py", "the servers behind it"),
    "iochan/cli/vncrecord.py": ("tests/cli/test_vnctestcard.py", "recorded and shown again"),
    "iochan/cli/vncreplay.py": ("tests/interop/test_vnc_gateway.py", "shown again"),
    "iochan/cli/vncserve.py": ("tests/cli/test_vnctestcard.py", "a picture of the card"),
    "iochan/cli/vncscreenshot.py": ("tests/cli/test_vnctestcard.py", "a picture of the card"),
    "iochan_ext/keyring/kernel.py": ("tests/ext/keyring/test_object.py", "the object is its only user"),
    "iochan/aio/crew.py": ("tests/aio/test_serve.py", "serve is its only user"),
    "iochan/aio/driver.py": ("tests/test_one_body_every_driver.py", "one body under every driver"),
    "iochan/aio/hub.py": ("tests/aio/test_waiter.py", "waiters are its only users"),
    "iochan/aio/triocrew.py": ("tests/aio/test_serve.py", "serve is its only user"),
    "iochan/aio/opening.py": ("tests/test_stack.py", "addresses in async code"),
    "iochan/aio/run.py": ("tests/cli/test_perf.py", "perf is its user"),
    "iochan/aio/triodriver.py": ("tests/test_one_body_every_driver.py", "one body under every driver"),
    "iochan/aio/wait.py": ("tests/aio/test_waiter.py", "waiters are its only users"),
    "iochan/channels/attempt.py": ("tests/channels/test_connect.py", "connecting is its only user"),
    "iochan/channels/bind.py": ("tests/channels/test_listen.py", "listening is its only user"),
    "iochan/channels/descriptor.py": ("tests/channels/test_listen.py", "listeners are made of it"),
    "iochan/channels/errors.py": ("tests/channels/test_listen.py", "what listening raises"),
    "iochan/terminal/answering.py": ("tests/terminal/test_emulator.py", "its answers and its bell"),
    "iochan/chardev/paint.py": ("tests/chardev/test_screen.py", "a screen is drawn anew by it"),
    "iochan/channels/open.py": ("tests/test_stack.py", "addresses are its only users"),
    "iochan/channels/scm.py": ("tests/channels/test_unix.py", "unix channels are its only user"),
    "iochan/channels/sockaddr.py": (
        "tests/channels/test_connect.py",
        "connecting and listening are its users",
    ),
    "iochan/channels/socket.py": ("tests/contract/test_matrix.py", "a base of the contract matrix"),
    "iochan/channels/sockopt.py": ("tests/channels/test_connect.py", "set when connecting and listening"),
    "iochan/channels/unixpath.py": ("tests/channels/test_listen.py", "listening is its only user"),
    "iochan/channels/worker.py": ("tests/channels/test_resolve.py", "resolving is its only user"),
    "iochan/cli/far.py": ("tests/cli/test_perf.py", "the other end of every measurement"),
    "iochan/cli/measure.py": ("tests/cli/test_perf.py", "what perf prints"),
    "iochan/cli/options.py": ("tests/cli/test_relay.py", "a part of every command"),
    "iochan/cli/tlsprobe.py": ("tests/cli/test_tls.py", "what the command finds"),
    "iochan/cli/signals.py": ("tests/cli/test_relay.py", "how a relay ends"),
    "iochan/core/channel.py": ("tests/core/test_reading.py", "the sum of its bases"),
    "iochan/core/clock.py": ("tests/core/test_op.py", "deadlines are its users"),
    "iochan/core/codec.py": ("tests/contract/test_matrix.py", "abstract"),
    "iochan/core/codeclayer.py": ("tests/contract/test_layers.py", "the layer contract"),
    "iochan/core/condition.py": ("tests/core/test_watch.py", "values"),
    "iochan/core/feature.py": ("tests/core/test_reading.py", "values"),
    "iochan/core/guard.py": ("tests/core/test_reading.py", "the second reader is refused"),
    "iochan/core/layer.py": ("tests/layers/test_limit.py", "every layer stands on it"),
    "iochan/core/leaf.py": ("tests/contract/test_matrix.py", "every leaf stands on it"),
    "iochan/core/listener.py": ("tests/channels/test_listen.py", "abstract"),
    "iochan/core/loop.py": ("tests/core/test_pollloop.py", "protocols"),
    "iochan/core/opening.py": ("tests/test_stack.py", "what it looks up"),
    "iochan/core/primitives.py": ("tests/core/test_reading.py", "the verbs stand on it"),
    "iochan/core/scratch.py": ("tests/core/test_reading.py", "reads borrow from it"),
    "iochan/relay/connection.py": ("tests/relay/test_service.py", "the service is its only user"),
    "iochan/testing/contract.py": ("tests/contract/test_matrix.py", "run over every channel"),
    "iochan/testing/onewaycontract.py": ("tests/contract/test_oneway.py", "run over what goes one way"),
    "iochan/testing/layercontract.py": ("tests/contract/test_layers.py", "run over layers"),
    "iochan/testing/drivers.py": ("tests/contract/test_matrix.py", "run over every channel"),
    "iochan/testing/faults.py": ("tests/layers/test_fault.py", "names of the layers"),
    "iochan/tls/codec.py": ("tests/tls/test_layer.py", "all engines under the same tests"),
    "iochan/telnet/command.py": ("tests/telnet/test_dialogue.py", "values"),
    "iochan/telnet/comport.py": ("tests/telnet/test_comportserver.py", "values"),
    "iochan/telnet/comportend.py": ("tests/telnet/test_comportserver.py", "both ends stand on it"),
    "iochan/telnet/errors.py": ("tests/telnet/test_codec.py", "raised there"),
    "iochan/telnet/facts.py": ("tests/telnet/test_layer.py", "values"),
    "iochan/telnet/terms.py": ("tests/telnet/test_dialogue.py", "what is asked for at once"),
    "iochan/tls/creds.py": ("tests/tls/test_creds.py", "the base of the credentials"),
    "iochan/tls/finding.py": ("tests/tls/test_sanity.py", "what checks yield"),
    "iochan/tls/material.py": ("tests/tls/test_x509.py", "credentials are made of it"),
    "iochan/tls/purpose.py": ("tests/tls/test_sanity.py", "a part of the checks"),
    "iochan/tls/strength.py": ("tests/tls/test_sanity.py", "a part of the checks"),
    "iochan/tls/unreadable.py": ("tests/tls/test_peercheck.py", "values"),
    "iochan/tls/validity.py": ("tests/tls/test_sanity.py", "a part of the checks"),
    "iochan/tls/verifytext.py": ("tests/tls/test_sanity.py", "values"),
    "iochan/tls/dhgroup.py": ("tests/tls/test_anon.py", "anonymous servers are its user"),
    "iochan/tls/memoryfile.py": ("tests/tls/test_x509.py", "how ssl is given keys"),
    "iochan/tls/endpoint.py": ("tests/tls/test_creds.py", "values"),
    "iochan/tls/engines/engine.py": ("tests/tls/engines/test_select.py", "what each engine refuses"),
    "iochan/tls/engines/library.py": ("tests/tls/test_layer.py", "all engines under the same tests"),
    "iochan/tls/engines/pyopensslcontext.py": ("tests/tls/test_x509.py", "credentials are its users"),
    "iochan/tls/engines/stdlibcontext.py": ("tests/tls/test_x509.py", "credentials are its users"),
    "iochan/tls/keylog.py": ("tests/tls/test_peercheck.py", "credentials that log keys"),
    "iochan/tls/settings.py": ("tests/tls/test_x509.py", "values"),
    "iochan/tls/facts.py": ("tests/tls/test_layer.py", "values"),
    "iochan/chardev/page/__init__.py": ("tests/interop/test_browser.py", "a browser opens it"),
    "iochan/vnc/page/__init__.py": ("tests/interop/test_browser.py", "a browser opens it"),
    "iochan/cli/democonsole.py": ("tests/cli/test_demo.py", "the demo is its only user"),
    "iochan/crypto/oneway.py": ("tests/crypto/test_cipher.py", "GCM is its only user"),
    "iochan/layers/httpconnect.py": ("tests/layers/test_proxy.py", "one of the two kinds of proxies"),
    "iochan/layers/socks5.py": ("tests/layers/test_proxy.py", "the other kind"),
    "iochan/websocket/amessage.py": ("tests/websocket/test_message.py", "the same verbs, awaited"),
    "iochan/websocket/closecode.py": ("tests/websocket/test_codec.py", "rows of the table of cases"),
    "iochan/websocket/errors.py": ("tests/websocket/test_layer.py", "what reads raise"),
    "iochan/websocket/facts.py": ("tests/websocket/test_layer.py", "values"),
    "iochan/websocket/factory.py": ("tests/websocket/test_layer.py", "makes every layer there"),
    "iochan/websocket/header.py": ("tests/websocket/test_codec.py", "rows of the table of cases"),
    "iochan/websocket/masking.py": ("tests/websocket/test_codec.py", "the codec is its only user"),
    "iochan/websocket/origin.py": ("tests/websocket/test_opening.py", "which pages a server lets in"),
    "iochan/websocket/sending.py": ("tests/websocket/test_codec.py", "the codec's other half"),
    "iochan/core/blocked.py": ("tests/core/test_op.py", "what operations yield"),
    "iochan/core/stacking.py": ("tests/core/test_registry.py", "what it looks up"),
    "iochan/core/upgrade.py": ("tests/tls/test_layer.py", "TLS is an upgrade"),
    "iochan_ext/gcrypt/backend.py": ("tests/ext/test_sharedlib.py", "found by entry point"),
    "iochan_ext/gcrypt/cipher.py": ("tests/ext/test_ciphers.py", "both libraries under the same tests"),
    "iochan_ext/gcrypt/cmac.py": ("tests/ext/test_macs.py", "both libraries under the same tests"),
    "iochan_ext/gcrypt/gcm.py": ("tests/ext/test_gcm.py", "both libraries under the same tests"),
    "iochan_ext/gcrypt/hash.py": ("tests/ext/test_hashes.py", "both libraries under the same tests"),
    "iochan_ext/gcrypt/kdf.py": ("tests/ext/test_kdf.py", "both libraries under the same tests"),
    "iochan_ext/gcrypt/library.py": ("tests/ext/test_sharedlib.py", "found, or missing"),
    "iochan_ext/nettle/backend.py": ("tests/ext/test_sharedlib.py", "found by entry point"),
    "iochan_ext/nettle/cipher.py": ("tests/ext/test_ciphers.py", "both libraries under the same tests"),
    "iochan_ext/nettle/gcm.py": ("tests/ext/test_gcm.py", "both libraries under the same tests"),
    "iochan_ext/nettle/hash.py": ("tests/ext/test_hashes.py", "both libraries under the same tests"),
    "iochan_ext/nettle/kdf.py": ("tests/ext/test_kdf.py", "both libraries under the same tests"),
    "iochan_ext/nettle/library.py": ("tests/ext/test_sharedlib.py", "found, or missing"),
    "iochan_ext/nettle/mac.py": ("tests/ext/test_macs.py", "both libraries under the same tests"),
}
"""Modules without a test module of the same name: the test that covers each, and the reason."""


def own_test(module: str) -> str:
    """Return the test module that mirrors *module*."""
    package, *folders, name = module.split("/")
    return "/".join([TESTS_OF[package], *folders, f"test_{name}"])


def complaints(
    root: Path, long: Mapping[str, str] = NOTHING, covered_by: Mapping[str, tuple[str, str]] = NOTHING
) -> Iterator[str]:
    """Yield what is wrong with the tree at *root*, and with the tables of exceptions."""
    files = sorted(path for package in TESTS_OF for path in (root / package).rglob("*.py"))
    modules = {path.relative_to(root).as_posix(): path for path in files}
    for module, path in modules.items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES and module not in long:
            yield f"{module}: {lines} lines, over {MAX_LINES}: split it by concept"
        if path.name.startswith("__"):
            continue
        test = covered_by[module][0] if module in covered_by else own_test(module)
        if not (root / test).is_file():
            yield f"{module}: no {test}: write it, or say in COVERED_BY what covers the module"
    for module in sorted((long.keys() | covered_by.keys()) - modules.keys()):
        yield f"{module}: listed as an exception, but there is no such module: drop the entry"


if __name__ == "__main__":
    sys.exit("\n".join(complaints(Path.cwd(), LONG, COVERED_BY)) or None)
