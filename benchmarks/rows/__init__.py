"""All rows by name, in the order in which they are run."""

from __future__ import annotations

from benchmarks.rows import consoles, fanout, fdpass, oneway, pingpong, relay, small, vectored, websocket

ROWS = {
    row.name: row
    for module in (pingpong, oneway, vectored, small, fanout, fdpass, relay, websocket, consoles)
    for row in module.ROWS
}
