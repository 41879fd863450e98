#!/usr/bin/env python3
"""What a controller, a KM and their clients may go through over real gRPC, for recordings.

    grpc_stories.py STORY PORT

The server listens on PORT, a second one on the next. `ck_pb2` is made of packaging/proto/ck.proto by protoc, `keynet_pb2` of
captures/grpc/vendor/keynet.proto.
"""
import sys
import threading
import time
from concurrent import futures

import ck_pb2 as ck
import grpc
import keynet_pb2 as own
import keynet_types_pb2 as types
from google.protobuf import empty_pb2
from grpc_peer import CONTROLLER, KM, call, method, refused, serialize

ORCHESTRATOR, KEY_NODE = "acme.keynet.v2.Orchestrator", "acme.keynet.v2.KeyNode"
ENDS = {"start_km": "KMA-1", "end_km": "KMA-5"}
KMAS = {"source_kma_id": "KMA-1", "destination_kma_id": "KMA-5"}


def serve(port, services, options=(), compression=None):
    server = grpc.server(futures.ThreadPoolExecutor(8), options=options, compression=compression)
    for service, methods in services.items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server


def reservation(key="k-1"):
    return ck.KeyReservationResponse(**ENDS, key_id=[key])


def allocation():
    return ck.KeyAllocationRequest(**ENDS, key_id=["k-1"])


def errors(port):
    """One after the other: a refusal by the status alone; one behind a header list; a handler that raises; an answer that
    says NG; a method that the KM does not have; a deadline; a call that is taken back; and one that succeeds."""
    late = threading.Event()

    def reserve(request, context):
        if request.end_km == "KMA-6":
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "KMA-6: no such peer, 100% sure")
        if request.end_km == "KMA-7":
            context.send_initial_metadata((("x-node", "km-1"),))
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no keys left")
        if request.end_km == "KMA-8":
            raise RuntimeError("key store\nis locked")
        if request.end_km == "KMA-9":
            return ck.KeyReservationResponse(result_code=1, error_message="no link")
        return reservation()

    def allocate(request, _):
        late.wait(5)
        return ck.KeyAllocationResponse(key_id=request.key_id)

    server = serve(port, {KM: {"KeyReservation": method(reserve, ck.KeyReservationRequest),
                               "KeyAllocation": method(allocate, ck.KeyAllocationRequest)}})
    with grpc.insecure_channel(f"127.0.0.1:{port}") as km:
        for end, status in (("KMA-6", grpc.StatusCode.PERMISSION_DENIED),
                            ("KMA-7", grpc.StatusCode.RESOURCE_EXHAUSTED), ("KMA-8", grpc.StatusCode.UNKNOWN)):
            refused(status, km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(start_km="KMA-1", end_km=end),
                    ck.KeyReservationResponse)
        call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(start_km="KMA-1", end_km="KMA-9"),
             ck.KeyReservationResponse)
        refused(grpc.StatusCode.UNIMPLEMENTED, km, f"/{KM}/SessionNotification", ck.SessionCreationNotification(
            application_source_id="a", application_destination_id="b", session_id="S-1", source_km_id="KM-1"),
            ck.SessionCreationNotificationResponse)
        call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(**ENDS), ck.KeyReservationResponse)
        try:
            call(km, f"/{KM}/KeyAllocation", allocation(), ck.KeyAllocationResponse, timeout=0.2)
            raise SystemExit("the deadline should have passed")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        ask = km.unary_unary(f"/{KM}/KeyAllocation", request_serializer=serialize,
                             response_deserializer=ck.KeyAllocationResponse.FromString)
        taken_back = ask.future(allocation())
        time.sleep(0.2)
        taken_back.cancel()
        time.sleep(0.2)
        late.set()
        call(km, f"/{KM}/KeyAllocation", allocation(), ck.KeyAllocationResponse)
    server.stop(0).wait()


def gzip(port):
    """Both sides compress all that they say."""
    server = serve(port, {
        KM: {"KeyReservation": method(lambda request, _: ck.KeyReservationResponse(
                 **ENDS, key_id=[f"key-{i:04}-of-the-link-to-KMA-5" for i in range(40)]), ck.KeyReservationRequest),
             "KeyAllocation": method(lambda request, _: ck.KeyAllocationResponse(key_id=request.key_id),
                                     ck.KeyAllocationRequest)}}, compression=grpc.Compression.Gzip)
    with grpc.insecure_channel(f"127.0.0.1:{port}", compression=grpc.Compression.Deflate) as km:
        keys = call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(**ENDS), ck.KeyReservationResponse).key_id
        call(km, f"/{KM}/KeyAllocation", ck.KeyAllocationRequest(**ENDS, key_id=keys[:20]), ck.KeyAllocationResponse)
    server.stop(0).wait()


def goaway(port):
    """The server lets a connection go by GOAWAY, with a call under way, and the client comes back on another."""
    def reserve(request, _):
        if request.end_km == "KMA-5":
            time.sleep(1.5)
        return ck.KeyReservationResponse(start_km=request.start_km, end_km=request.end_km, key_id=["k-" + request.end_km])

    server = serve(port, {KM: {"KeyReservation": method(reserve, ck.KeyReservationRequest)}},
                   options=(("grpc.max_connection_age_ms", 600), ("grpc.max_connection_age_grace_ms", 5000)))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as km:
        call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(start_km="KMA-1", end_km="KMA-4"),
             ck.KeyReservationResponse)
        ask = km.unary_unary(f"/{KM}/KeyReservation", request_serializer=serialize,
                             response_deserializer=ck.KeyReservationResponse.FromString)
        slow = ask.future(ck.KeyReservationRequest(**ENDS))
        time.sleep(1)
        call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(start_km="KMA-1", end_km="KMA-6"),
             ck.KeyReservationResponse)
        slow.result()
    server.stop(0).wait()


def large(port):
    """A compressed answer, and a request of more than a frame of HTTP/2 holds, which the KM answers by nothing but that it
    went well."""
    keys = [f"k-{i:05}" for i in range(2000)]

    def reserve(_, context):
        context.set_compression(grpc.Compression.Gzip)
        return ck.KeyReservationResponse(**ENDS, key_id=keys)

    server = serve(port, {KM: {
        "KeyReservation": method(reserve, ck.KeyReservationRequest),
        "KeyAllocation": method(lambda request, _: ck.KeyAllocationResponse(), ck.KeyAllocationRequest)}})
    with grpc.insecure_channel(f"127.0.0.1:{port}") as km:
        call(km, f"/{KM}/KeyReservation", ck.KeyReservationRequest(**ENDS), ck.KeyReservationResponse)
        call(km, f"/{KM}/KeyAllocation", ck.KeyAllocationRequest(**ENDS, key_id=keys), ck.KeyAllocationResponse)
    server.stop(0).wait()


def keys_of(*names):
    return [types.Key(key_id=name) for name in names]


def serve_both(port, controller, km):
    """The controller's services, and the KM's on the next port."""
    return serve(port, {ORCHESTRATOR: controller}), serve(port + 1, {KEY_NODE: km})


def stop(*servers):
    for server in servers:
        server.stop(0).wait()


def vendor(port):
    """A deployment's own .proto, one call an exchange."""
    servers = serve_both(
        port,
        {"NextHop": method(lambda request, _: own.Routing.KeyRelayNextHopResponse(**KMAS, next_kma_ids=["KMA-5"]),
                           own.Routing.KeyRelayNextHopRequest),
         "Session": method(lambda request, _: own.SessionCreationResponse(response=types.FAILED),
                           own.SessionCreationRequest)},
        {"Reserve": method(lambda request, _: own.KeyReservationResponse(**KMAS, key_ids=keys_of("k-1", "k-2")),
                           own.KeyReservationRequest),
         "Allocate": method(lambda request, _: own.KeyAllocationResponse(key_ids=request.key_ids),
                            own.KeyAllocationRequest)})
    with grpc.insecure_channel(f"127.0.0.1:{port}") as controller, \
            grpc.insecure_channel(f"127.0.0.1:{port + 1}") as km:
        notes = [types.Note(labels={"site": "A"}, text="urgent"), types.Note(weight=0.5)]
        call(controller, f"/{ORCHESTRATOR}/NextHop", own.Routing.KeyRelayNextHopRequest(**KMAS, extension=notes),
             own.Routing.KeyRelayNextHopResponse)
        call(controller, f"/{ORCHESTRATOR}/Session", own.SessionCreationRequest(
            application_source_id="a", application_destination_id="b", number_of_keys=300), own.SessionCreationResponse)
        call(km, f"/{KEY_NODE}/Reserve", own.KeyReservationRequest(**KMAS), own.KeyReservationResponse)
        call(km, f"/{KEY_NODE}/Allocate", own.KeyAllocationRequest(**KMAS, key_ids=keys_of("k-1")),
             own.KeyAllocationResponse)
    stop(*servers)


def streaming(port):
    """The same deployment: two relays in one stream both ways, whose results are one stream of the KM's; a session that is
    announced in a stream of the controller's and accepted by a call; and three reservations in one stream."""
    announced, accepted = threading.Event(), threading.Event()
    session = {"session_id": "S-1", "application_source_id": "a", "application_destination_id": "b"}

    def relays(requests, _):
        for number, asked in enumerate(requests, 1):
            yield own.Routing.KeyRelayRequest(
                key_relay_request_id=f"R-{number}", transit_kma_ids=["KMA-2"], source_kma_id=asked.source_kma_id,
                destination_kma_id=asked.destination_kma_id)

    def create(request, _):
        announced.set()
        accepted.wait(5)
        return own.SessionCreationResponse(session_id="S-1", destination_km_id="KM-5")

    def announcements(*_):
        announced.wait(5)
        yield own.SessionCreationNotification(**session, source_km_id="KM-1", number_of_keys=2)

    def take_all(requests, _):
        list(requests)
        return empty_pb2.Empty()

    def accept(*_):
        accepted.set()
        return empty_pb2.Empty()

    def reserve_many(requests, _):
        for request in requests:
            yield own.KeyReservationResponse(source_kma_id=request.source_kma_id, key_ids=keys_of(
                "k-" + request.destination_kma_id), destination_kma_id=request.destination_kma_id)

    def handler(kind, behavior, request):
        return kind(behavior, request_deserializer=request.FromString, response_serializer=serialize)

    servers = serve_both(
        port,
        {"Relays": handler(grpc.stream_stream_rpc_method_handler, relays, own.Routing.KeyRelayRequestNotification),
         "RelaysDone": handler(grpc.stream_unary_rpc_method_handler, take_all, own.Routing.KeyRelayResponse),
         "Session": method(create, own.SessionCreationRequest),
         "Announcements": handler(grpc.unary_stream_rpc_method_handler, announcements, own.Subscription),
         "Announced": method(accept, own.SessionCreationNotificationResponse)},
        {"ReserveMany": handler(grpc.stream_stream_rpc_method_handler, reserve_many, own.KeyReservationRequest)})

    def ends(number):
        return {"source_kma_id": "KMA-1", "destination_kma_id": f"KMA-{number}"}

    def one_by_one(requests, received):
        for request in requests:
            yield request
            received.acquire()

    def converse(channel, path, requests, response):
        """Each request goes out once the one before it was answered."""
        received = threading.Semaphore(0)
        both = channel.stream_stream(path, request_serializer=serialize, response_deserializer=response.FromString)
        for answer in both(one_by_one(requests, received)):
            yield answer
            received.release()

    with grpc.insecure_channel(f"127.0.0.1:{port}") as peer, grpc.insecure_channel(f"127.0.0.1:{port + 1}") as km:
        routes = list(converse(peer, f"/{ORCHESTRATOR}/Relays",
                               [own.Routing.KeyRelayRequestNotification(**ends(number)) for number in (5, 6)],
                               own.Routing.KeyRelayRequest))
        done = peer.stream_unary(f"/{ORCHESTRATOR}/RelaysDone", request_serializer=serialize,
                                 response_deserializer=empty_pb2.Empty.FromString)
        done(own.Routing.KeyRelayResponse(key_relay_request_id=route.key_relay_request_id) for route in routes)
        heard = peer.unary_stream(f"/{ORCHESTRATOR}/Announcements", request_serializer=serialize,
                                  response_deserializer=own.SessionCreationNotification.FromString)(own.Subscription(km="KM-5"))
        ask = peer.unary_unary(f"/{ORCHESTRATOR}/Session", request_serializer=serialize,
                               response_deserializer=own.SessionCreationResponse.FromString)
        asked = ask.future(own.SessionCreationRequest(application_source_id="a", application_destination_id="b",
                                                      number_of_keys=2))
        for told in heard:
            call(peer, f"/{ORCHESTRATOR}/Announced", own.SessionCreationNotificationResponse(session_id=told.session_id),
                 empty_pb2.Empty)
        asked.result()
        list(converse(km, f"/{KEY_NODE}/ReserveMany", [own.KeyReservationRequest(**ends(number)) for number in (7, 8, 9)],
                      own.KeyReservationResponse))
    stop(*servers)


def wait(port):
    """A KM that reserves one key for whoever asks, until it is stopped."""
    serve(port, {KM: {"KeyReservation": method(lambda *_: reservation(), ck.KeyReservationRequest)}}).wait_for_termination()


if __name__ == "__main__":
    {story.__name__: story for story in (errors, gzip, goaway, large, vendor, streaming, wait)}[sys.argv[1]](int(sys.argv[2]))
