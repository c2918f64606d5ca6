#!/bin/sh
# sipp calls sipp through the b2bua of contrib/examples, 300 calls a second: not one fails, nothing unexpected arrives, and what
# it costs is said. STROWGER_FULL=1: for 60 s, and when all is over it holds no more memory than before.
. "$(dirname "$0")/live.sh"
need sipp awk

rate=$(divide 300 3)
seconds=$([ -n "${STROWGER_FULL:-}" ] && echo 60 || echo 4)
b2bua=$top_builddir/contrib/examples/b2bua
# A slow build is late all the time, and would say so by 503.
never_busy=
[ "$slow" -eq 1 ] || never_busy=never-busy
[ -x "$b2bua" ] || skip "contrib/examples/b2bua is not built"

# resident: KiB.  spent: ticks of CPU, all threads.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$b2bua_pid/status"; }
spent() { awk '{ print $14 + $15 }' "/proc/$b2bua_pid/stat"; }

b2bua_start() {
	spawn b2bua $live_in_front "$b2bua" "$sip_ip:5060" "sip:bob@$(ip 3):5070" $never_busy
	b2bua_pid=$spawned
	await "$patience" grep -q ready "$room/b2bua.log" || fail "b2bua is not ready"
}

# load NAME CALLS: so many, the rate a second; CPU in microseconds a call in $cost.
load() {
	before=$(spent)
	sipp_run "callee-$1" callee "$sip_ip:5060" -i "$(ip 3)" -ci "$(ip 3)" -p 5070 -m "$2" -s bob
	load_callee=$spawned
	await_bound udp "$(ip 3):5070"
	sipp_run "caller-$1" caller "$sip_ip:5060" -i "$(ip 2)" -ci "$(ip 2)" -p 5070 -m "$2" -r "$rate" -d 500 -s bob \
		-recv_timeout $((patience * 1000))
	join "$spawned" $(($2 / rate + patience + 5)) || fail "$1: the caller ended with $?"
	join "$load_callee" "$patience" || fail "$1: the callee ended with $?"
	for side in caller callee; do
		sipp_wants "$side-$1" 'SuccessfulCall(C)' "$2"
		sipp_wants "$side-$1" 'FailedCall(C)' 0
		sipp_wants "$side-$1" 'OutOfCallMsgs(C)' 0
	done
	cost=$((($(spent) - before) * 1000000 / $(getconf CLK_TCK) / $2))
}

b2bua_start
load calls $((rate * seconds))
say "$((rate * seconds)) calls at $rate a second, $cost microseconds of CPU each, $(resident) KiB"
if [ -n "${STROWGER_FULL:-}" ]; then
	# Timers of transactions, and requests that linger for late answers, last 40 s.
	sleep 45
	first=$(resident)
	load again $((rate * seconds))
	sleep 45
	second=$(resident)
	say "after the first $first KiB, after as many again $second KiB; $cost microseconds of CPU each"
	[ "$second" -le $((first + first / 20)) ] || fail "it grows"
fi
kill -TERM "$b2bua_pid"
join "$b2bua_pid" $((patience + 20)) || fail "b2bua ended with $?"
! grep -E 'Sanitizer|runtime error:|^==[0-9]+==|must be true' "$room/b2bua.log" || fail "b2bua made a report"
live_pass
