#!/bin/sh
# Certificates are read anew on SIGHUP: a new one is shown, a broken one changes nothing, and doing it often costs no memory.
. "$(dirname "$0")/live.sh"
in_turn 4
need openssl curl

printf 'subjectAltName=DNS:a.test,URI:sip:a.test,IP:%s\n' "$sip_ip" >"$room/names"
authority
leaf old 1
leaf new 2
cp "$room/old.pem" "$room/shown.pem"
cp "$room/old.key" "$room/shown.key"

# shows SERIAL: that is the certificate a new connection gets.
shows() {
	openssl s_client -connect "$sip_ip:5061" -servername a.test -CAfile "$room/ca.pem" -verify_return_error </dev/null 2>/dev/null |
		openssl x509 -noout -serial 2>/dev/null | grep -qx "serial=0*$1"
}
reload() { kill -HUP "$repro_pid"; }
reloaded() { [ "$(metric "repro_tls_reloads_total{outcome=\"$1\"}")" -ge "$2" ] 2>/dev/null; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$repro_pid/status"; }

repro_start DisableAuth=true Domains=a.test TLSPort=5061 WSSPort=5061 WSPort=5060 TLSCertificate="$room/shown.pem" TLSPrivateKey="$room/shown.key" \
	CAFile="$room/ca.pem" LogLevel=ERR
shows 1 || fail "the certificate is not shown"

say "a new one"
cp "$room/new.pem" "$room/shown.pem"
cp "$room/new.key" "$room/shown.key"
reload
await "$patience" reloaded ok 1 || fail "no reload"
await "$patience" shows 2 || fail "the new certificate is not shown"

say "a broken one"
cp "$room/old.key" "$room/shown.key"
reload
await "$patience" reloaded failed 1 || fail "no failed reload is counted"
grep -q 'certificates stay as they were: .*shown' "$repro_log" || fail "nothing was said about the broken certificate"
shows 2 || fail "a broken certificate changed what is shown"
cp "$room/new.key" "$room/shown.key"

say "often"
done=1
often() { # often N
	target=$((done + $1))
	while [ "$done" -lt "$target" ]; do
		reload
		done=$((done + 1))
		await "$patience" reloaded ok "$done" || fail "reload $done was not done"
	done
}
often "$(divide 100 10)"
before=$(memory)
often "$(divide $([ -n "${STROWGER_FULL:-}" ] && echo 1000 || echo 150) 10)"
after=$(memory)
say "$before kB before, $after kB after"
[ "$slow" -gt 1 ] || [ "$after" -le $((before + 1024)) ] || fail "memory grew from $before to $after kB"
shows 2 || fail "after all those the certificate is not shown"

say "beside calls"
[ -z "${STROWGER_FULL:-}" ] || beside_rate=200 beside_seconds=60
rate=$(divide "${beside_rate:-50}" 2) seconds=${beside_seconds:-4}
calls=$((rate * seconds))
# one NAME WORD...: an agent that reaches everybody by TLS through repro.
one() {
	one_name=$1
	shift
	agent "$one_name" "listen=$(ip 2):0" "tls=$(ip 2):0" "ca=$room/ca.pem" "cert=$room/old.pem" "key=$room/old.key" by=tls \
		"outbound_proxy=sip:$sip_ip:5061" force_outbound_proxy=0 "from=<sip:$one_name@a.test>" "$@"
}
one bob contact_user=accept register sip:a.test sip:bob@a.test stay
bob=$spawned
expect_metric repro_bindings 1
one alice load sip:bob@a.test call "$rate" "$calls"
alice=$spawned
# Ten times a second; each twentieth time somebody new connects as well.
rounds=0
while is_alive "$alice" && ! agent_says alice '^on_set_terminated' "$calls"; do
	reload
	rounds=$((rounds + 1))
	[ $((rounds % 20)) -ne 0 ] || shows 2 || fail "a new connection failed"
	sleep 0.1 # the pace of the reloads, not a wait
done
agent_end alice "$alice"
agent_says alice '^on_connected 200' "$calls" || fail "$(grep -c '^on_connected 200' "$room/alice.log") of $calls calls were answered"
agent_says alice '^on_terminated .*we hung up' "$calls" || fail "not every call ended as it should"
agent_end bob "$bob"
reloads=$(($(metric 'repro_tls_reloads_total{outcome="ok"}') - done))
after=$(memory)
repro_stop
say "$calls calls at $rate a second beside $reloads reloads: none failed; $before kB before all of them, $after kB after"
live_pass
