from __future__ import annotations

import socket
import threading

from examples import selectors_echo


def test_two_clients_get_back_what_they_send_even_when_slow_to_read() -> None:
    data = bytes(range(256)) * 2000
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=selectors_echo.serve_one, args=(listener,))
        server.start()
        with socket.create_connection(listener.getsockname()) as other:
            other.sendall(b"hello")
            assert other.recv(5, socket.MSG_WAITALL) == b"hello"
            with socket.create_connection(listener.getsockname()) as client:
                sender = threading.Thread(target=client.sendall, args=(data,))
                sender.start()
                echoed = client.recv(len(data), socket.MSG_WAITALL)
                sender.join()
            assert echoed == data
            server.join()
