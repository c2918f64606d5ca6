#!/bin/sh
# python3-websockets, a WebSocket library that is not ours, as a phone of repro's over WS and WSS, and as a server that sipctl
# connects to.
. "$(dirname "$0")/live.sh"
in_turn 2
need openssl python3 curl
"$python" -c 'import websockets' 2>/dev/null || skip "python3 has no websockets"

certificate "DNS:a.test,IP:$sip_ip,IP:$(ip 2)"
repro_start DisableAuth=true Domains="a.test, $sip_ip" WSPort=5060 TLSPort=5061 WSSPort=5061 TLSCertificate="$room/own.pem" \
	TLSPrivateKey="$room/own.key" CAFile="$room/ca.pem" WSAllowedOrigins=https://phone.example
play "$live_dir/websockets_phone.py" "$sipctl" "$room/ca.pem"
expect_metric repro_bindings 2
await "$patience" metric_is sip_connections 0 || fail "connections are left: $(metric sip_connections)"
repro_stop
play "$live_dir/websockets_server.py" "$sipctl" "$room"
live_pass
