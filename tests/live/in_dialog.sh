#!/bin/sh
# Dialogs that stay on the path of repro (RecordRouteUri=auto): sipp and scripted phones follow the route set, over one
# transport and across two; CANCEL, Timer C.
. "$(dirname "$0")/live.sh"
need sipp python3 curl awk

timer_c=$((slow > 1 ? 10 : 3))
for threaded in true false; do
	repro_start DisableAuth=true RecordRouteUri=auto TimerC=$timer_c ThreadedStack=$threaded
	play "$live_dir/in_dialog.py" $timer_c

	# sipp: the caller on UDP, the callee on TCP; re-INVITE, then the callee hangs up.
	sipp_run register register "$sip_ip:5060" -s dan -i "$(ip 6)" -ci "$(ip 6)" -m 1 -key phone "$(ip 5):5070" \
		-key parameter ';transport=tcp' -recv_timeout $((patience * 1000))
	join "$spawned" "$patience" || fail "dan did not register"
	sipp_run callee "callee_ends" "$sip_ip:5060" -i "$(ip 5)" -ci "$(ip 5)" -p 5070 -t t1 -m 20 -s dan \
		-recv_timeout $((patience * 1000))
	callee=$spawned
	await_bound tcp "$(ip 5):5070"
	sipp_run caller caller_stays "$sip_ip:5060" -i "$(ip 4)" -ci "$(ip 4)" -p 5070 -m 20 -r 20 -s dan \
		-recv_timeout $((patience * 1000))
	join "$spawned" $((patience + 10)) || fail "the caller ended with $?"
	join "$callee" $((patience + 10)) || fail "the callee ended with $?"
	for side in caller callee; do
		sipp_wants $side 'SuccessfulCall(C)' 20
		sipp_wants $side 'FailedUnexpectedMessage(C)' 0
	done
	expect_metric repro_timer_c_total 1
	repro_stop
	rm -f "$room"/repro.db*
done
live_pass
