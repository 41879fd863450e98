#!/usr/bin/env python3
"""A controller and a KM over gRPC under TLS, for recordings.

    grpc_tls_peer.py FOLDER VERSION CERTIFICATE PORT

The clients are gRPC's own, TLS included. No way leads from Python to the keys of gRPC's library, so each server stands
in clear behind an end of TLS of OpenSSL's, which writes its keys. FOLDER holds ca.pem and peer.pem (certificate and
key) and receives keys.log. VERSION is 1.2 or 1.3, CERTIFICATE is client or none. The controller listens on PORT, the KM
on the next one, and both in clear on the two behind them. One relay and one reservation: 0x1403, 0x4104, 0x1405,
0x410A, 0x140B, 0x410C (compressed), 0x140D, and a 0x410A that the KM aborts.
"""
import asyncio
import ssl
import sys
import threading

import ck_pb2 as ck
import grpc
from grpc_peer import CONTROLLER, KM, call, refused, serve_controller, serve_km

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(folder, version, certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = made.maximum_version = VERSIONS[version]
    made.load_verify_locations(f"{folder}/ca.pem")
    made.load_cert_chain(f"{folder}/peer.pem")
    made.verify_mode = ssl.CERT_REQUIRED if certificate else ssl.CERT_NONE
    made.set_alpn_protocols(["h2"])
    made.num_tickets = 0
    made.keylog_filename = f"{folder}/keys.log"
    return made


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def terminate(tls, port, inner):
    """TLS on `port` becomes clear text on `inner`."""
    async def carry(reader, writer):
        behind = await asyncio.open_connection("127.0.0.1", inner)
        await asyncio.gather(pump(reader, behind[1]), pump(behind[0], writer))

    await asyncio.start_server(carry, "127.0.0.1", port, ssl=tls)


def talk(controller, km):
    call(controller, f"/{CONTROLLER}/KeyRelayNotification",
         ck.KeyRelayRequestNotification(start_km="KMA-1", end_km="KMA-5"), ck.Acknowledgement)
    call(km, f"/{KM}/KeyRelay", ck.KeyRelayRequest(start_km="KMA-1", end_km="KMA-5", kma_id=["KMA-2", "KMA-3"],
                                                   keyrelayrequest_id="R-1"), ck.KeyRelayResponse)
    call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(start_km="KMA-1", end_km="KMA-5"),
         ck.KeyReservationResponse)
    call(km, f"/{KM}/KeyAllocation", ck.KeyAllocationRequest(start_km="KMA-1", end_km="KMA-5", key_id=["k-1", "k-2"]),
         ck.KeyAllocationResponse, compression=grpc.Compression.Gzip)
    refused(grpc.StatusCode.UNAVAILABLE, km, f"/{KM}/KeyReservation",
            ck.KeyReservationRequest(start_km="KMA-1", end_km="KMA-9"), ck.KeyReservationResponse)


def main(folder, version, certificate, port):
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    for outer in (port, port + 1):
        end = terminate(context(folder, version, certificate == "client"), outer, outer + 2)
        asyncio.run_coroutine_threadsafe(end, loop).result()
    with open(f"{folder}/ca.pem", "rb") as ca, open(f"{folder}/key.pem", "rb") as key:
        shown = (key.read(), ca.read())
    own = shown if certificate == "client" else (None, None)
    credentials = grpc.ssl_channel_credentials(shown[1], *own)
    channels = [grpc.secure_channel(f"127.0.0.1:{outer}", credentials) for outer in (port, port + 1)]
    servers = [serve_km(port + 3), serve_controller(port + 2, channels[1])]
    talk(*channels)
    for channel in channels:
        channel.close()
    for server in servers:
        server.stop(0).wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
