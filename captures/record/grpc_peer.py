#!/usr/bin/env python3
"""A controller, a KM and their clients over real gRPC (Debian's python3-grpcio), for recordings.

    grpc_peer.py CONTROLLER-PORT KM-PORT

Two servers in one process, and one channel to each: every procedure of 7.1 to 7.6 once; a reservation that the KM aborts,
one without a destination, and a call of another service. `ck_pb2` is made of packaging/proto/ck.proto by protoc.
"""
import sys
from concurrent import futures

import ck_pb2 as ck
import grpc

CONTROLLER = "qkdn.ck.v1.QkdnController"
KM = "qkdn.ck.v1.KeyManager"


def serialize(message):
    return message.SerializeToString()


def method(behavior, request):
    return grpc.unary_unary_rpc_method_handler(behavior, request_deserializer=request.FromString,
                                               response_serializer=serialize)


def serve(port, service, methods):
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server


def call(channel, path, request, response, **options):
    stub = channel.unary_unary(path, request_serializer=serialize, response_deserializer=response.FromString)
    return stub(request, **options)


def refused(code, *arguments):
    try:
        call(*arguments)
    except grpc.RpcError as error:
        if error.code() == code:
            return
        raise
    raise SystemExit(f"expected {code}")


def reserve(request, context):
    if request.end_km == "KMA-9":
        context.abort(grpc.StatusCode.UNAVAILABLE, "no keys: the link is down €")
    return ck.KeyReservationResponse(start_km=request.start_km, end_km=request.end_km, key_id=["k-1", "k-2"])


def serve_km(port):
    return serve(port, KM, {
        "KeyRelay": method(lambda request, _: ck.KeyRelayResponse(keyrelayrequest_id=request.keyrelayrequest_id),
                           ck.KeyRelayRequest),
        "SessionNotification": method(lambda request, _: ck.SessionCreationNotificationResponse(
            session_id=request.session_id), ck.SessionCreationNotification),
        "KeyReservation": method(reserve, ck.KeyReservationRequest),
        "KeyAllocation": method(lambda request, _: ck.KeyAllocationResponse(key_id=request.key_id),
                                ck.KeyAllocationRequest),
    })


def serve_controller(port, km):
    def create_session(request, _):
        told = call(km, f"/{KM}/SessionNotification", ck.SessionCreationNotification(
            application_source_id=request.application_source_id,
            application_destination_id=request.application_destination_id, session_id="S-1", source_km_id="KM-1",
            number_of_keys=request.number_of_keys), ck.SessionCreationNotificationResponse)
        return ck.SessionCreationResponse(session_id="S-1", result_code=told.result_code, destination_km_id="KM-2")

    return serve(port, CONTROLLER, {
        "KeyRelayNextHop": method(lambda request, _: ck.KeyRelayNextHopResponse(
            start_km=request.start_km, end_km=request.end_km, kma_id=["KMA-2"]), ck.KeyRelayNextHopRequest),
        "KeyRelayNotification": method(lambda request, _: ck.Acknowledgement(), ck.KeyRelayRequestNotification),
        "SessionCreation": method(create_session, ck.SessionCreationRequest),
    })


def main(controller_port, km_port):
    km_server = serve_km(km_port)
    km = grpc.insecure_channel(f"127.0.0.1:{km_port}")
    controller_server = serve_controller(controller_port, km)
    controller = grpc.insecure_channel(f"127.0.0.1:{controller_port}")
    call(controller, f"/{CONTROLLER}/KeyRelayNotification",
         ck.KeyRelayRequestNotification(start_km="KMA-1", end_km="KMA-5"), ck.Acknowledgement)
    call(km, f"/{KM}/KeyRelay", ck.KeyRelayRequest(start_km="KMA-1", end_km="KMA-5", kma_id=["KMA-2", "KMA-3"],
                                                   keyrelayrequest_id="R-1"), ck.KeyRelayResponse)
    call(controller, f"/{CONTROLLER}/KeyRelayNextHop", ck.KeyRelayNextHopRequest(start_km="KMA-1", end_km="KMA-2"),
         ck.KeyRelayNextHopResponse)
    call(controller, f"/{CONTROLLER}/SessionCreation", ck.SessionCreationRequest(
        application_source_id="a", application_destination_id="b", number_of_keys=3), ck.SessionCreationResponse)
    call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(start_km="KMA-1", end_km="KMA-5"),
         ck.KeyReservationResponse)
    call(km, f"/{KM}/KeyAllocation", ck.KeyAllocationRequest(start_km="KMA-1", end_km="KMA-5", key_id=["k-1", "k-2"]),
         ck.KeyAllocationResponse, compression=grpc.Compression.Gzip)
    refused(grpc.StatusCode.UNAVAILABLE, km, f"/{KM}/KeyReservation",
            ck.KeyReservationRequest(start_km="KMA-1", end_km="KMA-9"), ck.KeyReservationResponse)
    call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(start_km="KMA-1"), ck.KeyReservationResponse)
    refused(grpc.StatusCode.UNIMPLEMENTED, km, "/other.Service/Method", ck.KeyReservationRequest(start_km="X"),
            ck.KeyReservationResponse)
    for channel in (controller, km):
        channel.close()
    for server in (controller_server, km_server):
        server.stop(0).wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
