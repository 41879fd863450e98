#!/usr/bin/env python3
"""What grpc_peer.py plays, under TLS: each server stands behind a front that speaks TLS and writes its secrets down,
since gRPC's own library does not.

    grpc_tls_peer.py FOLDER VERSION CERTIFICATE CONTROLLER-PORT KM-PORT

The fronts have the two ports, and the servers those 10 above. VERSION is 1.2 or 1.3; CERTIFICATE is "client" or "none".
FOLDER holds ca.pem, key.pem and peer.pem (both), and gets keys.log.
"""
import socket
import ssl
import sys
import threading
from pathlib import Path

import grpc
import grpc_peer

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
OFFSET = 10


def relay(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(context, port):
    listener = socket.create_server(("127.0.0.1", port))

    def accept():
        while True:
            client, _ = listener.accept()
            outside = context.wrap_socket(client, server_side=True)
            inside = socket.create_connection(("127.0.0.1", port + OFFSET))
            for ends in ((outside, inside), (inside, outside)):
                threading.Thread(target=relay, args=ends, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def main(folder, version, certificate, ports):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    context.load_cert_chain(folder / "peer.pem")
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.verify_mode = ssl.CERT_REQUIRED if certificate == "client" else ssl.CERT_NONE
    context.keylog_filename = str(folder / "keys.log")
    context.set_alpn_protocols(["h2"])
    for port in ports:
        serve(context, port)
    ca = (folder / "ca.pem").read_bytes()
    own = ((folder / "key.pem").read_bytes(), ca) if certificate == "client" else ()
    credentials = grpc.ssl_channel_credentials(ca, *own)

    def channel(target):
        host, port = target.split(":")
        return grpc.secure_channel(f"{host}:{int(port) - OFFSET}", credentials,
                                   [("grpc.ssl_target_name_override", "peer")])

    grpc_peer.grpc.insecure_channel = channel
    grpc_peer.main(*(port + OFFSET for port in ports))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], [int(port) for port in sys.argv[4:6]])
