"""Secrets by id, which never print."""

from __future__ import annotations

from pathlib import Path

from iochan.objects import ObjectStore
from iochan.secret import find_secret, secret_text

Path("password.txt").write_bytes(b"letmein\n")

objects = ObjectStore()
objects.add("secret,id=vnc0,file=password.txt,trim=on")
print(objects.get("vnc0", object), f"{find_secret(objects, 'vnc0')}")
print(len(secret_text(objects, "vnc0")), "letters")
