#!/bin/sh
# JsSIP in two pages of a headless Chromium: they register over WSS and call each other through repro, media and all, and one of
# them is called by sipp over UDP. Debian's chromium, JsSIP from the npm registry.
. "$(dirname "$0")/live.sh"
in_turn 2
need openssl curl sipp chromium
modules=$top_builddir/tests/live/node_modules
mkdir -p "$modules"
spawn fetch "$python" "$live_dir/browser.py" fetch "$modules"
join "$spawned" 150
case $? in
0) ;;
3) skip "the npm registry is out of reach" ;;
*) fail "JsSIP was not to be had" ;;
esac

# Browsers do not connect to 5061.
certificate "DNS:a.test,IP:$sip_ip"
repro_start DisableAuth=true Domains=a.test WSSPort=7443 TLSCertificate="$room/own.pem" TLSPrivateKey="$room/own.key"
spawn pages "$python" "$live_dir/browser.py" run "$modules" "$room/own.pem" $((3 * patience))
pages=$spawned
said() { grep -q "$1" "$room/pages.log" || ! is_alive "$pages"; }
await $((8 * patience)) said '^ready for sipp'
is_alive "$pages" || fail "$(tail -n 1 "$room/pages.log")"
sipp_run caller caller_web "$sip_ip:5060" -i "$(ip 3)" -p 5070 -t u1 -m 1 -d 200 -s bob -key domain a.test \
	-recv_timeout $((patience * 1000))
join "$spawned" $((2 * patience)) || fail "sipp's call ended with $?"
sipp_wants caller 'SuccessfulCall(C)' 1
join "$pages" $((4 * patience)) || fail "$(tail -n 1 "$room/pages.log")"
expect_metric repro_bindings 0
expect_metric repro_request_contexts 0
repro_stop
live_pass
