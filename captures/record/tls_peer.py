#!/usr/bin/env python3
"""A KM and a controller over OpenSSL's TLS on the loopback interface, for recordings.

    tls_peer.py FOLDER VERSION CERTIFICATE PORT CONNECTIONS GREETING

FOLDER holds ca.pem, peer.pem (certificate and key) and receives keys.log. VERSION is 1.0, 1.2 or 1.3, CERTIFICATE is
client or none. A GREETING that is not empty goes both ways before TLS begins. The second of two CONNECTIONS resumes the first one's session. Each carries one relay: 0x1403, 0x4104,
0x1405.
"""
import json
import socket
import ssl
import struct
import sys
import threading
import time

HEADER = struct.Struct(">HIHH")  # Version, MessageID, CommandCode, Length: Appendix I, Figure I.1
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def send(tls, message_id, code, **parameters):
    payload = json.dumps({name.replace("_", " "): value for name, value in parameters.items()}).encode()
    tls.sendall(HEADER.pack(1, message_id, code, len(payload)) + payload)
    time.sleep(0.01)


def receive(tls):
    header = b""
    while len(header) < HEADER.size:
        header += tls.recv(HEADER.size - len(header))
    size = HEADER.unpack(header)[3]
    while size > 0:
        size -= len(tls.recv(size))


def context(folder, version, server, certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.minimum_version = made.maximum_version = VERSIONS[version]
    if version == "1.0":
        made.set_ciphers("ALL:@SECLEVEL=0")
    made.load_verify_locations(f"{folder}/ca.pem")
    made.verify_mode = ssl.CERT_REQUIRED if certificate or not server else ssl.CERT_NONE
    if server or certificate:
        made.load_cert_chain(f"{folder}/peer.pem")
    if not server:
        made.keylog_filename = f"{folder}/keys.log"
    return made


def greet(connection, greeting, first):
    """What an application may say before TLS begins."""
    if greeting and first:
        connection.sendall(greeting)
    if greeting and connection.recv(len(greeting)) != greeting:
        raise SystemExit("no greeting")
    if greeting and not first:
        connection.sendall(greeting)


def controller(listener, tls_context, connections, greeting):
    for _ in range(connections):
        connection = listener.accept()[0]
        greet(connection, greeting, False)
        tls = tls_context.wrap_socket(connection, server_side=True)
        receive(tls)
        send(tls, 1, 0x4104, Source_KMA_ID="KMA-A", Destination_KMA_ID="KMA-B", Transit_KMA_IDs=["KMA-C"],
             Key_relay_request_ID="R-1")
        receive(tls)
        tls.close()


def main(folder, version, certificate, port, connections, greeting):
    listener = socket.create_server(("127.0.0.1", port))
    server = context(folder, version, True, certificate == "client")
    thread = threading.Thread(target=controller, args=(listener, server, connections, greeting))
    thread.start()
    client = context(folder, version, False, certificate == "client")
    session = None
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        greet(connection, greeting, True)
        tls = client.wrap_socket(connection, session=session)
        send(tls, 1, 0x1403, Source_KMA_ID="KMA-A", Destination_KMA_ID="KMA-B")
        receive(tls)
        session = tls.session
        send(tls, 1, 0x1405, Response="success", Key_relay_request_ID="R-1")
        time.sleep(0.05)
        tls.close()
    thread.join()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6].encode())
