#!/bin/sh
# A domain with two SRV targets of which the first is dead: the call goes through the second (RFC 3263 4.3), over UDP, where the
# dead one answers with ICMP, and over TCP, where it refuses.
. "$(dirname "$0")/live.sh"
need dnsmasq python3 curl

spawn dnsmasq dnsmasq -k -p 5353 --bind-interfaces -a "$(ip 6)" --no-resolv --no-hosts --no-daemon --pid-file= --log-queries \
	--srv-host=_sip._udp.far.test,dead.far.test,5060,10,60 --srv-host=_sip._udp.far.test,live.far.test,5060,20,60 \
	--srv-host=_sip._tcp.far.test,dead.far.test,5060,10,60 --srv-host=_sip._tcp.far.test,live.far.test,5060,20,60 \
	--host-record="dead.far.test,$(ip 4)" --host-record="live.far.test,$(ip 3)"
await_bound udp "$(ip 6):5353"
for threaded in true false; do
	repro_start DisableAuth=true AlwaysAllowRelaying=true DNSServers="$(ip 6):5353" ThreadedStack=$threaded
	play "$live_dir/srv_failover.py"
	repro_stop
done
grep -q '_sip._udp.far.test' "$room/dnsmasq.log" || fail "nobody asked for the SRV records"
live_pass
