#!/bin/sh
# Records captures/grpc/tls-*.pcapng: grpc_tls_peer.py over the loopback interface, with its secrets in the recordings.
# Needs tcpdump, protoc, openssl, editcap, python3 with grpcio and protobuf, and the right to capture.
# Usage: captures/record/record_grpc_tls.sh OUTPUT-FOLDER
set -eu
here=$(dirname "$0")
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
port=51660
protoc --proto_path="$here/../../packaging/proto" --python_out="$work" ck.proto
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=peer \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/ca.pem" 2>/dev/null
cat "$work/ca.pem" "$work/key.pem" >"$work/peer.pem"

record() { # NAME VERSION CERTIFICATE
  rm -f "$work/keys.log"
  tcpdump -q -i lo -s 0 -U -w "$work/raw.pcap" "tcp portrange $port-$((port + 1))" 2>/dev/null &
  dump=$!
  sleep 1
  PYTHONPATH=$work PYTHONDONTWRITEBYTECODE=1 python3 "$here/grpc_tls_peer.py" "$work" "$2" "$3" "$port"
  sleep 1
  kill -INT "$dump"
  wait "$dump" || true
  editcap --inject-secrets "tls,$work/keys.log" "$work/raw.pcap" "$out/$1.pcapng"
  port=$((port + 4))
}
record tls-1.2 1.2 client
record tls-1.3 1.3 client
record tls-1.3-no-client-certificate 1.3 none
