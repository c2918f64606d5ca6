#!/bin/sh
# Idle TLS connections, more than 1,024 of them in every layout of threads, and what one costs. With STROWGER_FULL=1 as many as the
# limit of open files allows, 20,000 at most, and Kamailio beside, where it is installed with its TLS.
. "$(dirname "$0")/live.sh"
in_turn 4
need openssl curl
ulimit -n "$(ulimit -H -n)"
allowed=$(ulimit -n)
[ "$allowed" = unlimited ] && allowed=1000000
[ "$allowed" -ge 2200 ] || skip "fewer than 2,200 open files are allowed"
connections=$(divide 1100 50)
[ -z "${STROWGER_FULL:-}" ] || connections=20000
[ "$connections" -le $((allowed - 200)) ] || connections=$((allowed - 200))

certificate "DNS:a.test,IP:$sip_ip"

# idle PORT PID NAME
idle() {
	spawn idle_tls "$python" "$live_dir/idle_tls.py" "$sip_ip" "$1" "$connections" "$room/ca.pem" "$2"
	join "$spawned" $((6 * patience + connections / 50)) || fail "$(tail -n 1 "$room/idle_tls.log")"
	say "$3: $(cat "$room/idle_tls.log")"
	each=$(sed -n 's/.* \([0-9]*\) bytes each$/\1/p' "$room/idle_tls.log")
	rm -f "$room/idle_tls.log"
}

for threaded in true false; do
	repro_start DisableAuth=true LogLevel=WARNING ThreadedStack=$threaded TLSPort=5061 TLSCertificate="$room/own.pem" \
		TLSPrivateKey="$room/own.key"
	idle 5061 "$repro_pid" "repro, ThreadedStack=$threaded"
	expect_metric 'sip_connections' 0
	repro_stop
	rm -f "$room"/repro.db*
	[ "$slow" -gt 1 ] || [ "$each" -le 20000 ] || fail "a connection costs $each bytes"
done

modules=$(find /usr/lib /usr/local/lib -path '*kamailio/modules/tls.so' 2>/dev/null | head -n 1)
if [ -n "${STROWGER_FULL:-}" ] && [ -n "$modules" ] && command -v kamailio >/dev/null; then
	# With OpenSSL 3 those of its processes that do TLS break one another's memory: there is one.
	cat >"$room/kamailio.cfg" <<EOF
children=1
tcp_children=1
disable_tcp=no
enable_tls=yes
tcp_max_connections=40000
tls_max_connections=40000
tcp_connection_lifetime=3605
listen=tls:$sip_ip:5071
mpath="${modules%tls.so}"
loadmodule "tls.so"
loadmodule "sl.so"
modparam("tls", "private_key", "$room/own.key")
modparam("tls", "certificate", "$room/own.pem")
modparam("tls", "tls_method", "TLSv1.2+")
request_route { sl_send_reply("200", "OK"); }
EOF
	spawn kamailio kamailio -DD -E -m 4096 -M 64 -f "$room/kamailio.cfg" -Y "$room"
	kamailio=$spawned
	await_bound tcp "$sip_ip:5071"
	ours=$each
	idle 5071 "$kamailio" Kamailio
	kill "$kamailio"
	join "$kamailio" 60
	say "a connection costs us $((100 * ours / each)) % of what it costs Kamailio"
	[ $((2 * ours)) -le "$each" ] || fail "more than half"
fi
live_pass
