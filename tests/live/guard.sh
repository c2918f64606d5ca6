#!/bin/sh
# Banned sources flood repro with all that one core can send while sipp calls from others: the calls are as good as without. Then a ban is
# shown, and lifted; and who guesses passwords is banned as well.
. "$(dirname "$0")/live.sh"
in_turn 2
need sipp curl awk
flood_program=$top_builddir/tests/live/flood
[ -x "$flood_program" ] || skip "flood is not built"

calls=$(divide 300 5)
rate=$(divide 100 2)
alice=$(ip 2) bob=$(ip 3) flooders="127.0.0.66 127.0.0.67 127.0.0.68 127.0.0.69" flooder=127.0.0.66

# ticks: hundredths of a second of CPU repro has used so far, its own in $user_ticks and the kernel's for it in $system_ticks.
ticks() {
	read -r ticks_line <"/proc/$repro_pid/stat"
	# shellcheck disable=SC2086
	set -- ${ticks_line##*) }
	user_ticks=${12} system_ticks=${13}
}
command_says() { repro DatabasePath="$room" "$1" | grep -q "$2"; }
dropped() { metric "sip_messages_dropped_total{reason=\"$1\"}"; }

# call NAME: the calls, and what they and all beside them cost in $user and $system.
call() {
	sipp_run "callee-$1" callee "$sip_ip:5060" -i "$bob" -ci "$bob" -p 5070 -t u1 -m "$calls" -s bob
	callee=$spawned
	await_bound udp "$bob:5070"
	ticks
	user=$user_ticks system=$system_ticks
	sipp_run "caller-$1" caller "$sip_ip:5060" -i "$alice" -ci "$alice" -p 5070 -t u1 -m "$calls" -r "$rate" -d 100 -s bob \
		-recv_timeout $((patience * 1000))
	join "$spawned" $((calls / rate + patience)) || fail "the caller ended with $?"
	join "$callee" "$patience" || fail "the callee ended with $?"
	ticks
	user=$((user_ticks - user)) system=$((system_ticks - system))
	for side in "caller-$1" "callee-$1"; do
		sipp_wants "$side" 'SuccessfulCall(C)' "$calls"
		sipp_wants "$side" 'FailedCall(C)' 0
	done
}

repro_start DisableAuth=true LogLevel=INFO RateLimit=100 BanPoints=100 BanSeconds=600 TrustedNetworks="$alice,$bob"
sipp_run register register "$sip_ip:5060" -s bob -i "$(ip 2)" -ci "$alice" -t u1 -m 1 -key phone "$bob:5070" -key parameter '' \
	-recv_timeout $((patience * 1000))
join "$spawned" "$patience" || fail "bob did not register"
call alone
calm_user=$user calm_system=$system
# shellcheck disable=SC2086
spawn flood "$flood_program" "$sip_ip" 600 "$([ "$slow" -gt 1 ] && echo 50000 || echo 0)" $flooders
flood=$spawned
expect_metric sip_banned_sources 4
full=$(dropped receive_buffer)
call flooded
kill "$flood" || fail "the flood ended before the calls"
join "$flood" $((patience + 10)) || fail "the flood ended with $?"
sent=$(cat "$room/flood.log") banned=$(dropped banned) fenced=$(dropped fence) full=$(($(dropped receive_buffer) - full))
all=$((banned + fenced))
[ "$all" -gt 100 ] || fail "only $all were dropped"
again=$(sipp_stat caller-flooded 'Retransmissions(C)')
say "$calls calls, $(sipp_stat caller-alone 'Retransmissions(C)') retransmissions without the flood, $again with it" \
	"($((again * 100 / calls)) %); sent $sent, dropped $banned by repro, $fenced by the kernel for it, $full for want of room" \
	"beside the calls; repro's CPU for one dropped $(((user - calm_user) * 10000000 / all)) ns of its own and" \
	"$(((system - calm_system) * 10000000 / all)) ns in the kernel; for the calls alone ${calm_user}0 ms and ${calm_system}0 ms in all"
[ -z "${STROWGER_FULL:-}" ] || [ "$again" -le $((calls / 100)) ] || fail "more than 1 % of the calls were disturbed"

command_says --bans "^$flooder for .* s, ban 1, datagrams only" || fail "the ban is not shown"
[ "$(stat -c %a "$room/repro.sock")" = 600 ] || fail "others may speak to the socket"
repro DatabasePath="$room" --unban nonsense 2>/dev/null && fail "nonsense was unbanned"
repro DatabasePath="$room" --unban "$flooder" || fail "the ban is not lifted"
expect_metric sip_banned_sources 3
"$sipctl" options "sip:$sip_ip" >/dev/null || fail "repro does not answer any more"
repro_stop
[ -e "$room/repro.sock" ] && fail "the socket is still there"
repro DatabasePath="$room" --bans 2>/dev/null && fail "nobody is there, and answered"

say "more connections than MaxConnections"
repro_start LogLevel=INFO DisableAuth=true MaxConnections=3
play "$live_dir/crowd.py" 3
expect_metric sip_connections_evicted_total 2
repro_stop

say "wrong passwords"
repro DatabasePath="$room" user add "carol@$sip_ip" --password secret
repro_start LogLevel=INFO TrustedNetworks=192.0.2.1 BanPoints=25 BanSeconds=600
guess() { # URI BAN
	for _ in 1 2 3; do
		"$sipctl" register "$1" --user carol --password wrong 2>&1 | grep -q 403 || fail "a wrong password is not answered 403"
	done
	expect_metric sip_banned_sources 1
	command_says --bans "^127.0.0.1 for .* s, $2\$" || fail "whoever guessed passwords is not banned: $1"
	repro DatabasePath="$room" --unban 127.0.0.1 || fail "the ban is not lifted"
}
guess "sip:carol@$sip_ip" "ban 1, datagrams only"
guess "sip:carol@$sip_ip;transport=tcp" "ban 1"
"$sipctl" register "sip:carol@$sip_ip" --user carol --password secret 2>&1 | grep -q 200 || fail "the right password is refused"
repro_stop
live_pass
