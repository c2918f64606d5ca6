#!/bin/sh
# sip-options of Debian's sofia-sip-bin: OPTIONS over UDP, TCP and TLS to repro, and through it to an agent; over TLS it shows a
# certificate of its own, which has to be one of our authority's.
. "$(dirname "$0")/live.sh"
in_turn 2
need sip-options openssl curl
[ -x "$agent_program" ] || skip "tests/interop/dum_agent is not built"

certificate "DNS:a.test,IP:$sip_ip"
cp "$room/ca.pem" "$room/trusted.pem"
authority
leaf stranger 2
repro_start DisableAuth=true Domains="a.test, $sip_ip" RecordRouteUri=auto CAFile="$room/trusted.pem" TLSPort=5061 \
	TLSClientVerification=Mandatory TLSCertificate="$room/own.pem" TLSPrivateKey="$room/own.key"
agent bob "listen=$(ip 3):0" "outbound_proxy=sip:$sip_ip" by=udp contact_user=accept register "sip:$sip_ip" "sip:bob@$sip_ip" stay
bob=$spawned
expect_agent bob '^on_success 200'

# shows NAME: that is its certificate from here on; without NAME none. It looks where its user keeps them.
mkdir -p "$room/.sip/auth"
cp "$room/trusted.pem" "$room/.sip/auth/cafile.pem"
shows() {
	rm -f "$room/.sip/auth/agent.pem"
	[ $# -eq 0 ] || cat "$room/$1.pem" "$room/$1.key" >"$room/.sip/auth/agent.pem"
}
# options FROM URI EXPRESSION OPTION...: its answer has this.
options() {
	options_from=$1 options_to=$2 options_wanted=$3
	shift 3
	HOME=$room timeout "$patience" sip-options --all --bind="$options_from:$(ip 2):*" "$@" "$options_to" \
		>"$room/options.log" 2>&1
	grep -qE "$options_wanted" "$room/options.log" || fail "OPTIONS to $options_to: no $options_wanted"
}

say "UDP and TCP"
for to in "sip:$sip_ip" "sip:$sip_ip;transport=tcp"; do
	options sip "$to" '^SIP/2.0 200 '
	options sip "$to" '^Supported: path, outbound'
done
options sip "sip:bob@$sip_ip" '^SIP/2.0 200 '
options sip "sip:bob@$sip_ip;transport=tcp" '^SIP/2.0 200 '
options sip "sip:bob@$sip_ip" '^SIP/2.0 483 ' --mf=0
options sip "sip:nobody@$sip_ip" '^SIP/2.0 404 '

say "TLS"
shows own
options sips "sips:$sip_ip:5061" '^SIP/2.0 200 '
options sips "sip:$sip_ip:5061;transport=tls" '^SIP/2.0 200 '
options sips "sip:bob@$sip_ip:5061;transport=tls" '^SIP/2.0 200 '
shows stranger
options sips "sips:$sip_ip:5061" '^SIP/2.0 503 '
grep -q 'TLS from .* failed: .* authority that is not trusted' "$repro_log" || fail "repro says nothing of another authority"
shows
options sips "sips:$sip_ip:5061" '^SIP/2.0 503 '
expect_metric 'sip_tls_handshakes_total{result="up"}' 3
expect_metric 'sip_tls_handshakes_total{result="failed"}' 2
agent_end bob "$bob"
repro_stop
live_pass
