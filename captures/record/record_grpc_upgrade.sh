#!/bin/sh
# Records captures/grpc/upgrade.pcap and upgrade-with-body.pcap: HTTP/1.1 becomes HTTP/2 ("Upgrade: h2c"). nghttp does so
# with an OPTIONS *, and asks for a key reservation then; curl's reservation is what is upgraded itself. nghttpx hands both to
# a KM of gRPC's own library. Needs tcpdump, protoc, nghttp, nghttpx, curl, python3 with grpcio and protobuf, and the right to
# capture. Usage: captures/record/record_grpc_upgrade.sh OUTPUT-FOLDER
set -eu
here=$(dirname "$0")
out=$1
work=$(mktemp -d)
started=
# shellcheck disable=SC2086 # several ids
trap 'rm -rf "$work"; kill $started 2>/dev/null || true' EXIT
port=51680
protoc --proto_path="$here/../../packaging/proto" --python_out="$work" ck.proto
protoc --proto_path="$here/../grpc/vendor" --python_out="$work" keynet.proto keynet_types.proto
# A KeyReservationRequest of start_km "KMA-1" and end_km "KMA-5", behind gRPC's prefix.
printf '\000\000\000\000\016\012\005KMA-1\022\005KMA-5' >"$work/request"
PYTHONPATH=$work PYTHONDONTWRITEBYTECODE=1 python3 "$here/grpc_stories.py" wait "$((port + 1))" &
started=$!
nghttpx --frontend="127.0.0.1,$port;no-tls" --backend="127.0.0.1,$((port + 1));;proto=h2" --workers=1 --conf=/dev/null \
  --errorlog-file=/dev/null --accesslog-file=/dev/null --include=/dev/null 2>/dev/null &
started="$started $!"
sleep 2
record() { # NAME COMMAND…
  name=$1
  shift
  tcpdump -q -i lo -s 0 -U -w "$out/$name.pcap" "tcp port $port" 2>/dev/null &
  dump=$!
  started="$started $dump"
  sleep 1
  "$@" >"$work/answer" 2>&1 || cat "$work/answer"
  sleep 1
  kill -INT "$dump"
  wait "$dump" || true
}
url=http://127.0.0.1:$port/qkdn.ck.v1.KeyManager/KeyReservation
record upgrade nghttp --upgrade --header='content-type: application/grpc' --header='te: trailers' --data="$work/request" "$url"
record upgrade-with-body curl --http2 --header 'content-type: application/grpc' --header 'te: trailers' \
  --data-binary "@$work/request" "$url"
