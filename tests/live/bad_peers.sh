#!/bin/sh
# Peers that never read, that reset in the middle of whatever they do, that come in a storm, that are black holes: p99 of everybody
# else rises by less than 5 ms. With STROWGER_FULL=1 in both layouts of threads, else in the one where all of them share one loop.
. "$(dirname "$0")/live.sh"
in_turn 1
need python3 openssl curl
certificate "DNS:a.test,IP:$sip_ip"

# What is looked for is whom repro lets wait, not whom the machine's other work does.
chrt -r -p 1 $$ >/dev/null 2>&1 || say "without priority over other work"

layouts=false rounds=2
[ -z "${STROWGER_FULL:-}" ] || layouts="true false" rounds=4
[ "$slow" -eq 1 ] || rounds=1
for threaded in $layouts; do
	repro_start DisableAuth=true AlwaysAllowRelaying=true Domains=a.test LogLevel=WARNING ThreadedStack=$threaded WSPort=5060 TLSPort=5061 \
		TrustedNetworks=192.0.2.1 ConnectionsPerSource=400 WSSPort=5061 TLSCertificate="$room/own.pem" TLSPrivateKey="$room/own.key" CAFile="$room/ca.pem"
	say "ThreadedStack=$threaded"
	spawn bad_peers "$python" "$live_dir/bad_peers.py" "$rounds" "$room/ca.pem"
	join "$spawned" 600 || { sed "s/^/  /" "$room/bad_peers.log"; fail "$(tail -n 1 "$room/bad_peers.log")"; }
	sed "s/^/  /" "$room/bad_peers.log"
	[ "$(metric 'sip_connections_refused_total{reason="per_source"}')" -gt 0 ] || fail "no storm has met the bound of a source"
	repro_stop
	rm -f "$room"/repro.db* "$room/bad_peers.log"
done
live_pass
