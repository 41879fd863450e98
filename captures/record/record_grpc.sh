#!/bin/sh
# Records captures/grpc/*.pcap: grpc_peer.py and grpc_stories.py over the kernel's TCP on the loopback interface. Needs
# tcpdump, protoc, python3 with grpcio and protobuf, and the right to capture.
# Usage: captures/record/record_grpc.sh OUTPUT-FOLDER [STORY…]
set -eu
here=$(dirname "$0")
out=$1
shift
work=$(mktemp -d)
dump=
trap 'rm -rf "$work"; [ -z "$dump" ] || kill "$dump"' EXIT
port=51651
protoc --proto_path="$here/../../packaging/proto" --python_out="$work" ck.proto
protoc --proto_path="$here/../grpc/vendor" --python_out="$work" keynet.proto keynet_types.proto

for story in "${@:-unary}"; do
  tcpdump -q -i lo -s 0 -U -w "$out/$story.pcap" "tcp portrange $port-$((port + 1))" 2>/dev/null &
  dump=$!
  sleep 1
  if [ "$story" = unary ]; then
    set -- "$here/grpc_peer.py" "$port" $((port + 1))
  else
    set -- "$here/grpc_stories.py" "$story" "$port"
  fi
  PYTHONPATH=$work PYTHONDONTWRITEBYTECODE=1 python3 "$@"
  sleep 1
  kill -INT "$dump"
  wait "$dump" || true
  dump=
  port=$((port + 2))
done
