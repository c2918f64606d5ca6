#!/bin/sh
# One source floods repro as fast as it can while sipp calls from others: not one call fails. Then its ban is shown, and lifted; and who
# guesses passwords is banned as well.
. "$(dirname "$0")/live.sh"
in_turn 2
need sipp curl awk python3

calls=$(divide 300 5)
rate=$(divide 100 2)
alice=$(ip 2) bob=$(ip 3) flooder=127.0.0.66

# ticks: hundredths of a second of CPU repro has used so far, in $ticks.
ticks() { ticks=$(awk '{ print $14 + $15 }' "/proc/$repro_pid/stat"); }
command_says() { repro DatabasePath="$room" "$1" | grep -q "$2"; }

repro_start DisableAuth=true LogLevel=INFO RateLimit=100 BanPoints=100 BanSeconds=600 TrustedNetworks="$alice,$bob"
sipp_run register register "$sip_ip:5060" -s bob -i "$(ip 2)" -ci "$alice" -t u1 -m 1 -key phone "$bob:5070" -key parameter '' \
	-recv_timeout $((patience * 1000))
join "$spawned" "$patience" || fail "bob did not register"
sipp_run callee callee "$sip_ip:5060" -i "$bob" -ci "$bob" -p 5070 -t u1 -m "$calls" -s bob
callee=$spawned
await_bound udp "$bob:5070"
ticks
before=$ticks
spawn flood "$python" "$live_dir/flood.py" "$flooder" "$sip_ip" 4 "$([ "$slow" -gt 1 ] && echo 0.05 || echo 0)"
flood=$spawned
sipp_run caller caller "$sip_ip:5060" -i "$alice" -ci "$alice" -p 5070 -t u1 -m "$calls" -r "$rate" -d 100 -s bob \
	-recv_timeout $((patience * 1000))
join "$spawned" $((calls / rate + patience)) || fail "the caller ended with $?"
join "$callee" "$patience" || fail "the callee ended with $?"
join "$flood" $((patience + 10)) || fail "the flood ended with $?"
ticks
for side in caller callee; do
	sipp_wants "$side" 'SuccessfulCall(C)' "$calls"
	sipp_wants "$side" 'FailedCall(C)' 0
done
dropped=$(($(metric 'sip_messages_dropped_total{reason="banned"}') + $(metric 'sip_messages_dropped_total{reason="rate"}')))
[ "$dropped" -gt 100 ] || fail "only $dropped were dropped"
expect_metric sip_banned_sources 1
say "$calls calls, $(sipp_stat caller 'Retransmissions(C)') retransmissions ($(($(sipp_stat caller 'Retransmissions(C)') * 100 / calls)) %);" \
	"sent $(cat "$room/flood.log"), dropped $dropped, with the kernel's part and the calls $(((ticks - before) * 10000000 / dropped)) ns of CPU each"

[ -z "${STROWGER_FULL:-}" ] || [ "$(sipp_stat caller 'Retransmissions(C)')" -le $((calls / 100)) ] ||
	fail "more than 1 % of the calls were disturbed"

command_says --bans "^$flooder for .* s, ban 1, datagrams only" || fail "the ban is not shown"
[ "$(stat -c %a "$room/repro.sock")" = 600 ] || fail "others may speak to the socket"
repro DatabasePath="$room" --unban nonsense 2>/dev/null && fail "nonsense was unbanned"
repro DatabasePath="$room" --unban "$flooder" || fail "the ban is not lifted"
expect_metric sip_banned_sources 0
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
