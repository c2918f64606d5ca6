#!/bin/sh
# Torture messages by every transport, over streams byte by byte: repro lives, says what the verdict promises, and goes on with
# what follows.
. "$(dirname "$0")/live.sh"
need curl openssl

certificate "DNS:a.test,IP:$sip_ip"
for threaded in true false; do
	repro_start DisableAuth=true LogLevel=INFO ThreadedStack=$threaded TLSPort=5061 DTLSPort=5062 WSPort=5060 WSSPort=5061 \
		TLSCertificate="$room/own.pem" TLSPrivateKey="$room/own.key"
	for kind in udp tcp tls dtls ws wss; do
		case $kind in
		udp | tcp | ws) port=5060 ;;
		tls | wss) port=5061 ;;
		dtls) port=5062 ;;
		esac
		step=$((slow > 1 ? 8 : 1))
		spawn torture "$top_builddir/tests/live/torture_client" $kind "$sip_ip" $port "$(ip 2)" $step
		join "$spawned" $((60 * (slow > 1 ? 4 : 1))) || fail "$(tail -n 1 "$room/torture.log")"
		say "$(tail -n 1 "$room/torture.log")"
	done
	await "$patience" repro_is_ready || fail "repro is gone"
	repro_stop
	rm -f "$room"/repro.db*
done
live_pass
