#!/bin/sh
# Kamailio of Debian's packages as the next domain, over TLS with certificates that both sides ask for and check, found by NAPTR and
# SRV: phones of either domain register through the other's proxy, call each other, hang up from either end and send MESSAGE; who
# shows the wrong certificate is refused on both sides. Lastly one connection serves both ways (RFC 5923).
. "$(dirname "$0")/live.sh"
in_turn 3
need kamailio setpriv dnsmasq openssl curl
[ -x "$agent_program" ] || skip "tests/interop/dum_agent is not built"
modules=$(find /usr/lib /usr/local/lib -path '*kamailio/modules/tls.so' 2>/dev/null | head -n 1)
[ -n "$modules" ] || skip "Kamailio has no TLS"
kamailio_ip=$(ip 2)

# Kamailio shows theirs to who asks for k.test, nameless to others; stranger is of another authority.
authority
issue() { # issue NAME SERIAL NAMES
	printf 'subjectAltName=%s\n' "$3" >"$room/names"
	leaf "$1" "$2"
}
issue ours 1 "DNS:a.test,URI:sip:a.test,IP:$sip_ip"
issue theirs 2 "DNS:k.test,URI:sip:k.test"
issue nameless 3 "IP:$kamailio_ip"
cp "$room/ca.pem" "$room/ours-ca.pem"
authority
issue stranger 4 "DNS:k.test"
mv "$room/ours-ca.pem" "$room/ca.pem"

# wrong.test leads to Kamailio as well, which has no certificate for it.
spawn dnsmasq dnsmasq -k -p 5353 --bind-interfaces -a "$(ip 6)" --no-resolv --no-hosts --no-daemon --pid-file= --log-queries \
	--naptr-record=k.test,10,50,S,SIPS+D2T,,_sips._tcp.k.test --srv-host=_sips._tcp.k.test,sip.k.test,5061,10,60 \
	--naptr-record=wrong.test,10,50,S,SIPS+D2T,,_sips._tcp.wrong.test --srv-host=_sips._tcp.wrong.test,sip.k.test,5061,10,60 \
	--host-record="sip.k.test,$kamailio_ip"

# tls_profile SECTION CERTIFICATE LINE...: of Kamailio's TLS.
tls_profile() {
	printf '[%s]\nmethod = TLSv1.2+\nverify_certificate = yes\nrequire_certificate = yes\nca_list = %s\n' "$1" "$room/ca.pem"
	printf 'certificate = %s\nprivate_key = %s\n' "$room/$2.pem" "$room/$2.key"
	shift 2
	printf '%s\n' "$@"
}
{
	tls_profile server:default nameless
	tls_profile server:any theirs 'server_name = k.test'
	tls_profile client:default theirs 'server_name = a.test'
	tls_profile client:any stranger 'server_name = a.test' 'server_id = stranger'
} >"$room/tls.cfg"
cat - "$live_dir/kamailio.cfg" >"$room/kamailio.cfg" <<EOF
listen=tcp:$kamailio_ip:5060
listen=tls:$kamailio_ip:5061
mpath="${modules%tls.so}"
#!substdef "!TLS_CONFIG!$room/tls.cfg!g"
#!substdef "!OTHER_DOMAIN!$sip_ip!g"
EOF
spawn kamailio setpriv --pdeathsig TERM kamailio -DD -E -m 64 -M 8 -f "$room/kamailio.cfg" -Y "$room"
kamailio=$spawned
await_bound tcp "$kamailio_ip:5061"
await_bound tcp "$kamailio_ip:5060"
await_bound udp "$(ip 6):5353"

kamailio_says() { grep -q "$1" "$room/kamailio.log"; }
expect_kamailio() { await "$patience" kamailio_says "$1" || fail "Kamailio did not say: $1"; }
start() {
	repro_start AlwaysAllowRelaying=true DisableAuth=true Domains=a.test RecordRouteUri=auto ForceRecordRouting=true \
		DNSServers="$(ip 6):5353" CAFile="$room/ca.pem" TLSCertificate="$room/ours.pem" TLSPrivateKey="$room/ours.key" \
		"Transport1Interface=$sip_ip:5060" Transport1Type=TCP \
		"Transport2Interface=$sip_ip:5061" Transport2Type=TLS Transport2TlsClientVerification=Mandatory \
		"Transport3Interface=$sip_ip:5062" Transport3Type=TLS Transport3TlsClientVerification=Mandatory "$@"
}
# phone NAME N PROXY WORD...: an agent on $(ip N) whose requests all go to that proxy.
phone() {
	phone_name=$1 phone_ip=$(ip "$2") phone_proxy=$3
	shift 3
	agent "$phone_name" "listen=$phone_ip:0" "outbound_proxy=sip:$phone_proxy:5060" by=tcp "$@"
}
# message PROXY URI STATUS: sipctl sends one, and this is the answer.
message() {
	"$sipctl" message "$2" --text hello --from sip:x@a.test --proxy "sip:$1:5060" --transport tcp --timeout "$patience" \
		>"$room/message.log" 2>&1
	grep -qE "$3" "$room/message.log" || fail "MESSAGE to $2: $(tail -n 1 "$room/message.log")"
}
# all_call WHEN: bob's registrar is Kamailio, carol's is repro; they register and are called by way of the other proxy.
all_call() {
	phone "bob-$1" 3 "$sip_ip" contact_user=accept register sip:k.test sip:bob@k.test stay
	bob=$spawned
	phone "carol-$1" 4 "$kamailio_ip" contact_user=hangup register sip:a.test sip:carol@a.test stay
	carol=$spawned
	for name in bob carol; do expect_agent "$name-$1" '^on_success 200'; done
	phone "to-bob-$1" 5 "$sip_ip" 'from=<sip:alice@a.test>' call sip:bob@k.test call
	to_bob=$spawned
	phone "to-carol-$1" 5 "$kamailio_ip" 'from=<sip:dave@k.test>' call sip:carol@a.test stay
	to_carol=$spawned
	expect_agent "to-bob-$1" '^on_terminated .*we hung up'
	expect_agent "bob-$1" '^on_terminated .*the peer hung up'
	expect_agent "to-carol-$1" '^on_terminated .*the peer hung up'
	expect_agent "carol-$1" '^on_terminated .*we hung up'
	agent_over "to-bob-$1" "$to_bob"
	agent_over "to-carol-$1" "$to_carol"
	message "$sip_ip" sip:bob@k.test '^200 '
	message "$kamailio_ip" sip:carol@a.test '^200 '
	agent_end "bob-$1" "$bob"
	agent_end "carol-$1" "$carol"
}
# Ours to Kamailio are two: as k.test, and as the address that its Record-Route has.
sessions='sip_tls_handshakes_total{result="up"}'

say "calls, each proxy by connections of its own"
start
all_call apart
[ "$(metric "$sessions")" -gt 2 ] || fail "Kamailio made no connection of its own"
expect_kamailio 'asks for <k.test> and shows a.test'
expect_kamailio 'they answer as a.test'

say "the wrong certificate"
message "$sip_ip" sip:x@wrong.test '^50[03] '
grep -q 'certificate names .*, not wrong.test' "$repro_log" || fail "repro says nothing of a certificate for another name"
spawn stranger "$sipctl" message sip:stranger@a.test --text hello --proxy "sip:$kamailio_ip:5060" --transport tcp
expect_metric 'sip_tls_handshakes_total{result="failed"}' 2
repro_stop

say "calls, both proxies by one connection"
rm -f "$room"/repro.db*
start AddViaAlias=true
message "$sip_ip" sip:nobody@k.test '^404 '
all_call alias
metric_is "$sessions" 2 || fail "Kamailio made a connection of its own"
repro_stop
kill "$kamailio"
join "$kamailio" "$patience" || fail "Kamailio ended with $?"
live_pass
