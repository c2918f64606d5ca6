#!/bin/sh
# How repro is called and which way it sends: an advertised address, the size switch of RFC 3261 18.1.1, a device and a code point,
# and, in a network namespace of this test's own, addresses that come and go while it runs.
if [ -z "${PATHS_NAMESPACE:-}" ] && unshare -rn true 2>/dev/null; then
	export PATHS_NAMESPACE=yes
	exec unshare -rn "$0"
fi
. "$(dirname "$0")/live.sh"
need python3 curl
link() { command ip "$@"; }
[ -z "${PATHS_NAMESPACE:-}" ] || link link set lo up || fail "no loopback in the namespace"

slots() {
	repro_start DisableAuth=true RecordRouteUri=auto "Transport1Interface=$sip_ip:5060" Transport1Type=UDP \
		"Transport2Interface=$sip_ip:5060" Transport2Type=TCP "$@"
}

slots Transport1AdvertisedHost=sip.example.test Transport1AdvertisedPort=5099 Transport1DSCP=24 Transport1Device=lo
play "$live_dir/paths.py" advertised
repro_stop
rm -f "$room"/repro.db*

for to in fallback on off; do
	slots Transport1UDPSizeSwitch=$to
	play "$live_dir/paths.py" "size_$to"
	repro_stop
	rm -f "$room"/repro.db*
done

if repro $house Transport1Interface="$sip_ip:5060" Transport1Device=no-such-device >"$room/refused.log" 2>&1; then
	fail "it started on a device that is not there"
fi
grep -q 'cannot listen on UDP .*: not found; set its Transport<N>Device to an interface of this machine' "$room/refused.log" ||
	fail "a device that is not there has no name of its own among the faults"

if [ -n "${PATHS_NAMESPACE:-}" ] && command -v ip >/dev/null; then
	repro_start DisableAuth=true IPAddress=0.0.0.0
	play "$live_dir/paths.py" stranger
	link addr add 198.51.100.7/32 dev lo
	play "$live_dir/paths.py" own
	link addr del 198.51.100.7/32 dev lo
	play "$live_dir/paths.py" stranger
	repro_stop
else
	say "no network namespace: addresses that come and go are left out"
fi
live_pass
