"""Leaves of the stack: channels that own a descriptor, a process or memory."""
