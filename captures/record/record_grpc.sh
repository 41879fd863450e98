#!/bin/sh
# Records captures/grpc/unary.pcap: grpc_peer.py over the kernel's TCP on the loopback interface. Needs tcpdump, protoc,
# python3 with grpcio and protobuf, and the right to capture. Usage: captures/record/record_grpc.sh OUTPUT
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
port=51651
protoc --proto_path="$here/../../packaging/proto" --python_out="$work" ck.proto
tcpdump -q -i lo -s 0 -U -w "$1" "tcp portrange $port-$((port + 1))" &
dump=$!
sleep 1
PYTHONPATH=$work PYTHONDONTWRITEBYTECODE=1 python3 "$here/grpc_peer.py" "$port" $((port + 1))
sleep 1
kill -INT "$dump"
wait "$dump" || true
