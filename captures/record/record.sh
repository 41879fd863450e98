#!/bin/sh
# Records captures/recorded-loopback.pcap: the processes of peer.py over the kernel's TCP on the loopback interface.
# Needs tcpdump, python3 and the right to capture. Usage: captures/record/record.sh OUTPUT
set -eu
here=$(dirname "$0")
port=51649
tcpdump -q -i lo -s 0 -U -w "$1" "tcp port $port" &
dump=$!
sleep 1
python3 "$here/peer.py" controller "$port" &
controller=$!
sleep 1
python3 "$here/peer.py" destination "$port" &
destination=$!
sleep 1
python3 "$here/peer.py" source "$port"
wait "$controller" "$destination"
sleep 1
kill -INT "$dump"
wait "$dump" || true
