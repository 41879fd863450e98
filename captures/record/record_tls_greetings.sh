#!/bin/sh
# Records captures/cases/tls-greetings.pcapng, tls-two-of-three.pcapng and tls-other-shut.pcapng: tls_greetings.py over the
# loopback interface, with its secrets in the recordings. Needs dumpcap, python3, openssl, editcap and the right to
# capture. Usage: captures/record/record_tls_greetings.sh OUTPUT-FOLDER
set -eu
here=$(dirname "$0")
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=peer \
  -keyout "$work/key.pem" -out "$work/ca.pem" 2>/dev/null
cat "$work/ca.pem" "$work/key.pem" >"$work/peer.pem"

record() { # NAME STORY...
  name=$1
  shift
  rm -f "$work/keys.log"
  dumpcap -q -i lo -f tcp -w "$work/raw.pcapng" 2>/dev/null &
  dump=$!
  sleep 2
  python3 "$here/tls_greetings.py" "$work" "$@"
  sleep 1
  kill -INT "$dump"
  wait "$dump" || true
  editcap --inject-secrets "tls,$work/keys.log" "$work/raw.pcapng" "$out/$name.pcapng"
}
record tls-greetings connect smtp imap xmpp postgresql proxy-line proxy-binary authentication header-alone
record tls-two-of-three bare bare shut
record tls-other-shut bare shut-elsewhere
