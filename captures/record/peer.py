#!/usr/bin/env python3
"""A key manager or a controller over real TCP, for recordings.

    peer.py controller PORT        accepts two KMs and serves one session between them, a relay and a reservation
    peer.py source PORT            the KM that asks
    peer.py destination PORT       the KM that is notified

The controller answers on the asking KM's connection and notifies the other; all three end when the story is over.
"""
import json
import socket
import struct
import sys
import time

HEADER = struct.Struct(">HIHH")  # Version, MessageID, CommandCode, Length: Appendix I, Figure I.1


class Peer:
    def __init__(self, connection):
        self.connection = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message_id, code, **parameters):
        payload = json.dumps({name.replace("_", " "): value for name, value in parameters.items()}).encode()
        self.connection.sendall(HEADER.pack(1, message_id, code, len(payload)) + payload)
        time.sleep(0.01)

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.connection.recv(size - len(data))
            if not part:
                raise SystemExit("the peer closed the connection")
            data += part
        return data

    def receive(self, code):
        _, message_id, got, length = HEADER.unpack(self.read(HEADER.size))
        payload = json.loads(self.read(length))
        if got != code:
            raise SystemExit(f"expected 0x{code:04X}, got 0x{got:04X}")
        return message_id, payload


def source(port):
    ctl = Peer(socket.create_connection(("127.0.0.1", port)))
    ctl.send(1, 0x1403, Source_KMA_ID="KMA-A", Destination_KMA_ID="KMA-B")
    relay, _ = ctl.receive(0x4104)
    ctl.send(relay, 0x1405, Response="success", Key_relay_request_ID="R-1")
    ctl.send(2, 0x1406, Application_source_ID="app-a", Application_destination_ID="app-b", Number_of_keys=2)
    ctl.receive(0x4107)
    reservation, _ = ctl.receive(0x410A)
    ctl.send(reservation, 0x140B, Key_IDs="K-1 K-2", Response=0)
    allocation, _ = ctl.receive(0x410C)
    ctl.send(allocation, 0x140D, Response=0)
    ctl.connection.close()


def destination(port):
    ctl = Peer(socket.create_connection(("127.0.0.1", port)))
    notification, told = ctl.receive(0x4108)
    ctl.send(notification, 0x1409, Session_ID=told["Session ID"], Response="success")
    ctl.connection.close()


def controller(port):
    server = socket.create_server(("127.0.0.1", port))
    print("listening", flush=True)
    kms = [Peer(server.accept()[0]) for _ in range(2)]  # captures/record starts the destination first
    dst, src = kms
    asked, _ = src.receive(0x1403)
    src.send(asked, 0x4104, Source_KMA_ID="KMA-A", Destination_KMA_ID="KMA-B", Transit_KMA_IDs=["KMA-C"],
             Key_relay_request_ID="R-1")
    src.receive(0x1405)
    session, _ = src.receive(0x1406)
    dst.send(100, 0x4108, Application_source_ID="app-a", Application_destination_ID="app-b", Session_ID="S-1",
             Source_KM_ID="KM-A", Number_of_keys=2)
    dst.receive(0x1409)
    src.send(session, 0x4107, Session_ID="S-1", Response="success", Destination_KM_ID="KM-B")
    src.send(101, 0x410A, Source_KMA_ID="KMA-A", Destination_KMA_ID="KMA-B")
    src.receive(0x140B)
    src.send(102, 0x410C, Source_KMA_ID="KMA-A", Destination_KMA_ID="KMA-B",
             Key_IDs=[{"Key ID": "K-1"}, {"Key ID": "K-2"}])
    src.receive(0x140D)
    time.sleep(0.1)


if __name__ == "__main__":
    {"source": source, "destination": destination, "controller": controller}[sys.argv[1]](int(sys.argv[2]))
