#!/bin/sh
# Records captures/grpc/tls-*.pcapng: grpc_tls_peer.py over the kernel's TCP on the loopback interface, with the secrets
# put into the recordings. Needs tcpdump, protoc, openssl, editcap, python3 with grpcio and protobuf, and the right to
# capture. Usage: captures/record/record_grpc_tls.sh OUTPUT-FOLDER
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
port=51661
protoc --proto_path="$here/../../packaging/proto" --python_out="$work" ck.proto
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=peer \
  -addext subjectAltName=DNS:peer -keyout "$work/key.pem" -out "$work/ca.pem" 2>/dev/null
cat "$work/ca.pem" "$work/key.pem" >"$work/peer.pem"
record() { # NAME VERSION CERTIFICATE
  rm -f "$work/keys.log"
  tcpdump -q -i lo -s 0 -U -w "$work/raw.pcap" "tcp portrange $port-$((port + 1))" 2>/dev/null &
  dump=$!
  sleep 1
  PYTHONPATH=$work PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/grpc_tls_peer.py" "$work" "$2" "$3" "$port" $((port + 1))
  sleep 1
  kill -INT "$dump"
  wait "$dump" || true
  editcap --inject-secrets "tls,$work/keys.log" "$work/raw.pcap" "$1"
  port=$((port + 2))
}
record "$1/tls-1.2.pcapng" 1.2 client
record "$1/tls-1.3.pcapng" 1.3 client
record "$1/tls-1.3-no-client-certificate.pcapng" 1.3 none
