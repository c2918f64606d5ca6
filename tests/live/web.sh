#!/bin/sh
# Phones in a browser and other phones call each other; openssl's client gets an answer; the keys of sessions can be logged for
# tshark; with AddViaAlias our Via says alias over TLS alone.
. "$(dirname "$0")/live.sh"
in_turn 1
need openssl python3 curl
[ -x "$agent_program" ] || skip "tests/interop/dum_agent is not built"

certificate "DNS:a.test,IP:$sip_ip"
repro_start DisableAuth=true WSPort=5060 TLSPort=5061 WSSPort=5061 TLSCertificate="$room/own.pem" TLSPrivateKey="$room/own.key" \
	CAFile="$room/ca.pem" TLSKeyLogFile="$room/keys" WSAllowedOrigins=https://phone.example AlwaysAllowRelaying=true \
	TimerT1=100 AddViaAlias=true
grep -q "WARNING.*keys of all TLS sessions go to $room/keys" "$repro_log" || fail "nothing warned of the key log"

capture=
captures() { grep -q '^Capturing' "$room/capture.log" && [ -s "$room/wire.pcap" ]; }
command -v tshark >/dev/null && command -v dumpcap >/dev/null && {
	spawn capture dumpcap -i lo -f "host $sip_ip and tcp port 5061" -w "$room/wire.pcap"
	capture=$spawned
	await 2 captures || capture=
}

play "$live_dir/web.py" "$room/ca.pem"

say "the Via"
for kind in tls wss tcp; do
	port=5060
	[ $kind = tcp ] || port=5061
	agent "by-$kind" "listen=$(ip 7):0" "tls=$(ip 7):0" ws=1 "ca=$room/ca.pem" "by=$kind" \
		"outbound_proxy=sip:$sip_ip:$port" show=Via contact_user=accept register "sip:$sip_ip" "sip:by-$kind@$sip_ip" stay
	pid=$spawned
	expect_agent "by-$kind" '^on_success 200'
	"$sipctl" message "sip:by-$kind@$sip_ip" --text hello --proxy "sip:$sip_ip:5060" --transport tcp \
		>"$room/message.log" 2>&1 || fail "MESSAGE to by-$kind: $(tail -n 1 "$room/message.log")"
	expect_agent "by-$kind" '^on_message_arrived'
	agent_end "by-$kind" "$pid"
done
agent_says by-tls '^on_message_arrived.*Via: SIP/2.0/TLS [^ ]*;alias' || fail "no alias by TLS"
! agent_says by-wss ';alias' && ! agent_says by-tcp ';alias' || fail "an alias by another transport than TLS"

say "openssl s_client"
client_has_answer() { grep -q '^SIP/2.0 200' "$room/s_client.log"; }
{
	printf 'OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TLS client.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@a.test>;tag=1\r\n' "$sip_ip"
	printf 'To: <sip:%s>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n' "$sip_ip"
	await "$patience" client_has_answer
} | timeout "$patience" openssl s_client -quiet -no_ign_eof -connect "$sip_ip:5061" -servername a.test -CAfile "$room/ca.pem" \
	-verify_return_error >"$room/s_client.log" 2>&1
client_has_answer || fail "openssl's client got no answer"

if [ -n "$capture" ]; then
	say "tshark"
	# Of a capture that ends at once the last packets are not there yet.
	tshark_has_all() {
		tshark -r "$room/wire.pcap" -o "tls.keylog_file:$room/keys" -d tcp.port==5061,tls -Y sip -T fields -e sip.Method \
			>"$room/methods" 2>/dev/null
		for method in INVITE BYE REGISTER OPTIONS; do
			grep -q "$method" "$room/methods" || return 1
		done
	}
	await "$patience" tshark_has_all || fail "tshark read no $method with the key log"
	kill -INT "$capture"
	join "$capture" "$patience"
fi
repro_stop
live_pass
