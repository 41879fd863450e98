#!/bin/sh
# Records captures/tls/: tls_peer.py, and openssl's own tools for pre-shared keys, over the loopback interface. The
# secrets are put into the recordings. Needs tcpdump, python3, openssl, editcap, tshark and the right to capture.
# Usage: captures/record/record_tls.sh OUTPUT-FOLDER
set -eu
here=$(dirname "$0")
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
port=51650
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=peer \
  -keyout "$work/key.pem" -out "$work/ca.pem" 2>/dev/null
cat "$work/ca.pem" "$work/key.pem" >"$work/peer.pem"

start() {
  port=$((port + 1))
  rm -f "$work/keys.log"
  tcpdump -q -i lo -s 0 -U -w "$work/raw.pcap" "tcp port $port" 2>/dev/null &
  dump=$!
  sleep 1
}
finish() { # NAME
  sleep 1
  kill -INT "$dump"
  wait "$dump" || true
  editcap --inject-secrets "tls,$work/keys.log" "$work/raw.pcap" "$out/$1.pcapng"
}
peers() { # NAME VERSION CERTIFICATE CONNECTIONS [GREETING]
  start
  python3 "$here/tls_peer.py" "$work" "$2" "$3" "$port" "$4" "${5:-}"
  finish "$1"
}
frame() { # MESSAGE-ID CODE PAYLOAD, as printf wants the first two
  printf "\\000\\001\\000\\000\\000$1$2\\000\\$(printf %03o ${#3})%s" "$3"
}
keyed() { # NAME OPTION: the request and its answer under a pre-shared key
  start
  { sleep 2; frame '\001' '\101\004' '{"Source KMA ID":"KMA-A","Destination KMA ID":"KMA-B","Transit KMA IDs":["KMA-C"],"Key relay request ID":"R-1"}'
    sleep 2; } | openssl s_server -quiet -nocert -psk 00112233445566778899aabbccddeeff "$2" -accept "127.0.0.1:$port" \
    -naccept 1 >/dev/null 2>&1 &
  server=$!
  sleep 1
  { frame '\001' '\024\003' '{"Source KMA ID":"KMA-A","Destination KMA ID":"KMA-B"}'
    sleep 2; frame '\001' '\024\005' '{"Response":"success","Key relay request ID":"R-1"}'
    sleep 1; } | openssl s_client -quiet -psk 00112233445566778899aabbccddeeff "$2" -connect "127.0.0.1:$port" \
    -keylogfile "$work/keys.log" >/dev/null 2>&1 || true
  wait "$server" || true
  finish "$1"
}
spoken() { # NAME SERVER-OPTIONS CLIENT-OPTIONS [SERVER-COMMAND [CLIENT-COMMAND]]: commands come after the answer
  start
  # shellcheck disable=SC2086 # options are words
  { sleep 2; frame '\001' '\101\004' '{"Source KMA ID":"KMA-A","Destination KMA ID":"KMA-B","Transit KMA IDs":["KMA-C"],"Key relay request ID":"R-1"}'
    sleep 1; printf %s "${4:-}"; sleep 4; } | openssl s_server -cert "$work/peer.pem" -CAfile "$work/ca.pem" $2 \
    -accept "127.0.0.1:$port" -naccept 1 >/dev/null 2>&1 &
  server=$!
  sleep 1
  # shellcheck disable=SC2086
  { frame '\001' '\024\003' '{"Source KMA ID":"KMA-A","Destination KMA ID":"KMA-B"}'
    sleep 3; printf %s "${5:-}"; sleep 1; frame '\001' '\024\005' '{"Response":"success","Key relay request ID":"R-1"}'
    sleep 1; } | openssl s_client $3 -connect "127.0.0.1:$port" -keylogfile "$work/keys.log" >/dev/null 2>&1 || true
  wait "$server" || true
  finish "$1"
}
early() { # NAME: two connections, each with a relay; the second one's request comes before its handshake is over
  start
  answer='{"Source KMA ID":"KMA-A","Destination KMA ID":"KMA-B","Transit KMA IDs":["KMA-C"],"Key relay request ID":"R-1"}'
  { sleep 2; frame '\001' '\101\004' "$answer"; sleep 4; frame '\001' '\101\004' "$answer"; sleep 3; } |
    openssl s_server -cert "$work/peer.pem" -CAfile "$work/ca.pem" -tls1_3 -early_data -Verify 1 \
      -accept "127.0.0.1:$port" -naccept 2 >/dev/null 2>&1 &
  server=$!
  sleep 1
  frame '\001' '\024\003' '{"Source KMA ID":"KMA-A","Destination KMA ID":"KMA-B"}' >"$work/request"
  result='{"Response":"success","Key relay request ID":"R-1"}'
  for session in -sess_out -sess_in; do
    # shellcheck disable=SC2046 # an option and its value, or none
    { if [ $session = -sess_out ]; then cat "$work/request"; fi
      sleep 3; frame '\001' '\024\005' "$result"; sleep 1; } |
      openssl s_client -tls1_3 -cert "$work/peer.pem" $session "$work/session" -connect "127.0.0.1:$port" \
        $([ $session = -sess_in ] && echo -early_data "$work/request") -keylogfile "$work/keys.log" >/dev/null 2>&1 || true
  done
  wait "$server" || true
  finish "$1"
}
lost() { # NAME: the answer is not in the capture, and what the client says next comes in two records
  start
  { sleep 2; frame '\001' '\101\004' '{"Source KMA ID":"KMA-A","Destination KMA ID":"KMA-B","Transit KMA IDs":["KMA-C"],"Key relay request ID":"R-1"}'
    sleep 3; } | openssl s_server -cert "$work/peer.pem" -CAfile "$work/ca.pem" -tls1_2 -no_ticket -Verify 1 \
    -accept "127.0.0.1:$port" -naccept 1 >/dev/null 2>&1 &
  server=$!
  sleep 1
  result=$(frame '\001' '\024\005' '{"Response":"success","Key relay request ID":"R-1"}' | tr '\000' '@')
  { frame '\001' '\024\003' '{"Source KMA ID":"KMA-A","Destination KMA ID":"KMA-B"}'
    sleep 2; printf %s "$result" | cut -c -30 | tr -d '\n' | tr @ '\000'; sleep 0.2; printf %s "$result" | cut -c 31- | tr -d '\n' | tr @ '\000'
    sleep 1; } | openssl s_client -tls1_2 -no_ticket -cert "$work/peer.pem" -connect "127.0.0.1:$port" \
    -keylogfile "$work/keys.log" >/dev/null 2>&1 || true
  wait "$server" || true
  sleep 1
  kill -INT "$dump"
  wait "$dump" || true
  answer=$(tshark -r "$work/raw.pcap" -d "tcp.port==$port,tls" -T fields -e frame.number \
    -Y "tls.record.content_type==23 && tcp.srcport==$port" 2>/dev/null)
  editcap "$work/raw.pcap" "$work/lost.pcap" "$answer"
  editcap --inject-secrets "tls,$work/keys.log" "$work/lost.pcap" "$out/$1.pcapng"
}
line='
'
with_certificate="-cert $work/peer.pem"
peers tls-1.0 1.0 client 1
peers tls-1.2 1.2 client 1
peers tls-1.2-no-client-certificate 1.2 none 1
peers tls-1.2-resumed 1.2 client 2
peers tls-1.3 1.3 client 1
peers tls-1.3-no-client-certificate 1.3 none 1
peers tls-1.3-resumed 1.3 client 2
keyed tls-1.2-pre-shared-key -tls1_2
keyed tls-1.3-pre-shared-key -tls1_3
peers tls-1.3-behind-authentication 1.3 client 1 hello
spoken tls-1.3-hello-retry-request "-tls1_3 -groups P-256 -Verify 1 -num_tickets 0" "-groups X25519:P-256 $with_certificate"
spoken tls-1.3-key-update "-tls1_3 -Verify 1 -num_tickets 0" "$with_certificate" "K$line" "K$line"
early tls-1.3-early-data
lost tls-1.2-lost-answer
spoken tls-1.3-post-handshake-certificate "-tls1_3 -num_tickets 0" "-enable_pha $with_certificate" "c$line"
spoken tls-1.2-renegotiated-certificate "-tls1_2 -no_ticket -no_resumption_on_reneg" "-no_ticket $with_certificate" "R$line"
spoken tls-1.2-renegotiated "-tls1_2 -client_renegotiation -no_ticket" "-no_ticket" "" "R$line"
