"""The core contract: standard library only, no socket, ssl or asyncio."""
