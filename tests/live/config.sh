#!/bin/sh
# What repro says and does when something is wrong from the start, when it is told to reload, and when it is told to stop.
. "$(dirname "$0")/live.sh"
need curl python3

# wants NAME STATUS PATTERN COMMAND-LINE...: repro ends with this status and says this; false when it is not this build's to see.
wants() {
	my_share || return 1
	wants_name=$1 wants_status=$2 wants_text=$3
	shift 3
	repro "$@" >"$room/said.log" 2>&1 </dev/null
	got=$?
	[ "$got" -eq "$wants_status" ] || fail "$wants_name: ended with $got, expected $wants_status"
	grep -Eq -- "$wants_text" "$room/said.log" || fail "$wants_name: said nothing like: $wants_text"
}

cat >"$room/broken.config" <<EOF
UDPPort = 5060
TimerC = soon
Domains = a b
EOF
printf 'UDPPort = 5060\nNoSuchThing = 1\n' >"$room/unknown.config"
printf '# fine\nUDPPort = 5060\nMessageSiloEnabled = true\n' >"$room/unsupported.config"
printf 'UDPPort = 5060\nDomains = a.test\n' >"$room/good.config"
c=$room
wants "broken number" 78 'broken.config:2: TimerC: expected a number from 1 to 86400, found "soon"' \
	-c "$c/broken.config" --check-config
wants "broken name" 78 'broken.config:3: Domains: expected' -c "$c/broken.config" --check-config
wants "broken, at the start" 78 'broken.config:2: TimerC' -c "$c/broken.config"
wants "unknown" 78 'unknown.config:2: NoSuchThing: ' -c "$c/unknown.config" --check-config
wants "unsupported" 0 'unsupported.config:3: warning: MessageSiloEnabled: ' -c "$c/unsupported.config" --check-config
wants "good" 0 'good' -c "$c/good.config" --check-config
wants "no file" 78 'nothing.config.*(not found|cannot be read)' -c "$c/nothing.config"
wants "usage" 2 'usage' --nonsense
wants "no folder" 69 '/proc/nothing.*DatabasePath' DatabasePath=/proc/nothing HttpPort=0 IPAddress="$sip_ip"
mkdir "$room/odd" && echo 'this is no database, whatever its name may say' >"$room/odd/repro.db"
wants "no database" 69 'repro: database .*repro.db: .*not a database' DatabasePath="$room/odd" HttpPort=0 IPAddress="$sip_ip"
if [ "$(id -u)" -ne 0 ]; then
	mkdir -m 0 "$room/closed"
	wants "closed folder" 69 'closed' DatabasePath="$room/closed" HttpPort=0 IPAddress="$sip_ip"
fi

say "users"
mkdir "$room/users"
for bad in sip:alice@a.test '<sip:alice@a.test>' alice @a.test alice@ 'alice@a.test;x'; do
	wants "user $bad" 2 'expected USER@DOMAIN' DatabasePath="$room/users" user add "$bad" --password x
done
wants "no password" 2 'no password given' DatabasePath="$room/users" user add alice@a.test --password ''
repro DatabasePath="$room/users" user list | grep . && fail "a user nobody could be was added"

say "busy ports"
spawn taken "$python" "$live_dir/taken.py" "$sip_ip"
await_bound tcp "$sip_ip:5070"
await_bound udp "$sip_ip:5072"
at="DatabasePath=$room IPAddress=$sip_ip HttpBindAddress=$sip_ip EnableIPv6=false"
# shellcheck disable=SC2086
{
	wants "busy TCP" 69 "cannot listen on TCP $sip_ip:5070: .*TCPPort" $at TCPPort=5070
	wants "busy UDP" 69 "cannot listen on UDP $sip_ip:5072: .*UDPPort" $at UDPPort=5072
	wants "busy TCP, in the background" 69 "cannot listen on TCP $sip_ip:5070" $at TCPPort=5070 Daemonize=true
	wants "busy HTTP" 69 "cannot listen for HTTP on $sip_ip:5070.*HttpPort" $at HttpPort=5070 && {
		[ "$(grep -c . "$room/said.log")" -eq 1 ] || grep -q '^20' "$room/said.log" ||
			fail "more than a sentence about a busy port"
	}
}

say "one repro a database"
repro_start DisableAuth=true
wants "busy database" 69 'database .*repro.db: another repro runs on it; .*DatabasePath' DatabasePath="$room" HttpPort=0 \
	IPAddress="$(ip 2)" EnableIPv6=false
repro "DatabasePath=$room" user add carl@a.test --password x || fail "no user can be added while a repro runs"
curl -sD - -o /dev/null -X POST "$http/metrics" | grep -qi '^Allow: GET, HEAD' || fail "HTTP's 405 has no Allow"
kill -KILL "$repro_pid"
join "$repro_pid" "$patience"
repro_start DisableAuth=true
repro_stop

say "in the background"
# shellcheck disable=SC2086
repro $at Daemonize=true PidFile="$room/pid" DisableAuth=true || fail "it does not go into the background"
live_pids="$live_pids $(cat "$room/pid")"
curl -sf -m 5 "$http/readyz" >/dev/null || fail "it is not ready when the command has ended"
cp "$room/pid" "$room/pid.before"
# shellcheck disable=SC2086
repro $at PidFile="$room/pid" DatabasePath="$room/users" DisableAuth=true 2>/dev/null && fail "it starts on busy ports"
cmp "$room/pid" "$room/pid.before" || fail "a start that failed has taken the pid file of the one that runs"
kill -INT "$(cat "$room/pid")" || fail "the pid file has not its process"
await "$patience" test ! -e "$room/pid" || fail "the pid file stays"

say "SIGHUP"
printf 'DisableAuth = true\nDomains = a.test\nLogLevel = NOTICE\n' >"$room/live.config"
house="-c $room/live.config IPAddress=$sip_ip HttpBindAddress=$sip_ip EnableIPv6=false DatabasePath=$room"
repro_start
knows() { "$sipctl" register "sip:alice@$1" --proxy "sip:$sip_ip" --contact "sip:alice@$(ip 2)" --timeout 5; }
knows a.test >/dev/null || fail "a.test is a domain of ours"
knows b.test >/dev/null 2>&1 && fail "b.test is no domain of ours"
grep -q DEBUG "$room/repro.log" && fail "DEBUG lines with LogLevel NOTICE"
printf 'DisableAuth = true\nDomains = a.test, b.test\nLogLevel = DEBUG\n' >"$room/live.config"
kill -HUP "$repro_pid"
await "$patience" knows b.test || fail "b.test is a domain of ours since the reload"
await "$patience" grep -q DEBUG "$room/repro.log" || fail "no DEBUG lines since the reload"
printf 'Domains = a b\n' >"$room/live.config"
kill -HUP "$repro_pid"
await "$patience" grep -q 'stays as it was' "$room/repro.log" || fail "nothing is said of a broken reload"
knows b.test >/dev/null || fail "a broken reload changed the domains"

say "SIGTERM lets a call come about, SIGINT stops at once"
play "$live_dir/drain.py" TERM "$repro_pid"
join "$repro_pid" $((patience + 20)) || fail "repro did not end with 0 after SIGTERM"
repro_is_clean || fail "repro made a report"
printf 'DisableAuth = true\nDomains = a.test\n' >"$room/live.config"
repro_start
play "$live_dir/drain.py" INT "$repro_pid"
join "$repro_pid" $((slow > 1 ? patience : 3)) || fail "repro did not stop at once after SIGINT"
repro_is_clean || fail "repro made a report"
live_pass
