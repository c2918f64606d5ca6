#!/bin/sh
# Torture messages over TCP, byte by byte: repro lives, says what the verdict promises, and goes on with what follows.
. "$(dirname "$0")/live.sh"
need curl

for threaded in true false; do
	repro_start DisableAuth=true LogLevel=INFO ThreadedStack=$threaded
	spawn torture "$top_builddir/tests/live/torture_client" "$sip_ip" 5060 "$((slow > 1 ? 8 : 1))"
	join "$spawned" $((60 * (slow > 1 ? 4 : 1))) || fail "$(tail -n 1 "$room/torture.log")"
	say "$(tail -n 1 "$room/torture.log")"
	await "$patience" repro_is_ready || fail "repro is gone"
	repro_stop
done
live_pass
