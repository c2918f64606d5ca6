#!/bin/sh
# sipp registers two phones and calls 100 times a second, over UDP and TCP, in both layouts: not one call fails, nothing
# unexpected arrives, nothing is sent twice. STROWGER_FULL=1: 2,000 calls each.
. "$(dirname "$0")/live.sh"
need sipp curl awk

calls=$(divide "$([ -n "${STROWGER_FULL:-}" ] && echo 2000 || echo 300)" 5)
rate=$(divide 100 2)

# register NAME TRANSPORT ADDRESS PARAMETER
register() {
	sipp_run "register-$1" register "$sip_ip:5060" -s "$1" -i "$(ip 6)" -ci "$(ip 6)" -t "$2" -m 1 -key phone "$3" \
		-key parameter "$4" -recv_timeout $((patience * 1000))
	join "$spawned" "$patience" || fail "$1 did not register over $2"
}

# start LAYOUT TRANSPORT SIPP-TRANSPORT PARAMETER: callee and caller of one transport, on addresses of its own.
start() {
	tag=$1-$2
	register "$tag-alice" "$3" "$alice:5070" "$4"
	register "$tag-bob" "$3" "$bob:5070" "$4"
	sipp_run "callee-$tag" callee "$sip_ip:5060" -i "$bob" -ci "$bob" -p 5070 -t "$3" -m "$calls" -s "$tag-bob"
	eval "callee_$2=$spawned"
	await_bound "$2" "$bob:5070"
	sipp_run "caller-$tag" caller "$sip_ip:5060" -i "$alice" -ci "$alice" -p 5070 -t "$3" -m "$calls" -r "$rate" \
		-d 100 -s "$tag-bob" -recv_timeout $((patience * 1000))
	eval "caller_$2=$spawned"
}

# judge LAYOUT TRANSPORT CALLER CALLEE
judge() {
	tag=$1-$2
	join "$3" $((calls / rate + patience)) || fail "$tag: the caller ended with $?"
	join "$4" "$patience" || fail "$tag: the callee ended with $?"
	for side in caller callee; do
		sipp_wants "$side-$tag" 'SuccessfulCall(C)' "$calls"
		sipp_wants "$side-$tag" 'FailedCall(C)' 0
		sipp_wants "$side-$tag" 'FailedUnexpectedMessage(C)' 0
		sipp_wants "$side-$tag" 'OutOfCallMsgs(C)' 0
		[ "$slow" -gt 1 ] || sipp_wants "$side-$tag" 'Retransmissions(C)' 0
	done
	say "$tag: $calls calls at $rate a second"
}

for threaded in true false; do
	repro_start DisableAuth=true ThreadedStack=$threaded LogLevel=INFO
	alice=$(ip 2) bob=$(ip 3)
	start $threaded udp u1 ''
	alice=$(ip 4) bob=$(ip 5)
	start $threaded tcp t1 ';transport=tcp'
	judge $threaded udp "$caller_udp" "$callee_udp"
	judge $threaded tcp "$caller_tcp" "$callee_tcp"
	[ "$(metric 'repro_responses_total{class="4xx"}')" = 0 ] || fail "repro answered 4xx"
	repro_stop
done
live_pass
