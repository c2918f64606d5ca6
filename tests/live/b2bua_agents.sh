#!/bin/sh
# Two agents with the b2bua of contrib/examples between them: what one says, the other hears.
. "$(dirname "$0")/live.sh"

agent=$top_builddir/tests/interop/dum_agent
b2bua=$top_builddir/contrib/examples/b2bua
[ -x "$agent" ] && [ -x "$b2bua" ] || skip "dum_agent and b2bua are not built"

# start NAME PROGRAM ARGUMENT...: its standard input stays open until stop NAME.
start() {
	start_name=$1
	shift
	mkfifo "$room/$start_name.in"
	spawn "$start_name" /bin/sh -c 'exec "$@" <"$0"' "$room/$start_name.in" $live_in_front "$@"
}
says() { grep -qE "$2" "$room/$1.log"; }
expect() { await "$patience" says "$1" "$2" || fail "$1 did not say: $2"; }
# well NAME PID: ended with 0 and had nothing left.
well() {
	join "$2" $((patience + 10)) || fail "$1 ended with $?"
	! says "$1" 'not down|must be true|Sanitizer|runtime error:|^==[0-9]+==' || fail "$1 is not well"
}

# pair CALLER-MODE CALLEE-MODE WHAT-THE-CALLER-SAYS WHAT-THE-CALLEE-SAYS: each a list of expressions with ";" between.
pair() {
	my_share || return 0
	tag=$1-$2
	start "callee-$tag" "$agent" "listen=$(ip 3):5060" serve
	callee=$spawned
	exec 4>"$room/callee-$tag.in"
	spawn "b2bua-$tag" $live_in_front "$b2bua" "$sip_ip:5060" "sip:$2@$(ip 3)" 4>&-
	middle=$spawned
	expect "callee-$tag" ready
	expect "b2bua-$tag" ready
	start "caller-$tag" "$agent" "listen=$(ip 2):5060" call "sip:bob@$sip_ip" "$1" 4>&-
	caller=$spawned
	exec 5>"$room/caller-$tag.in"
	for side in caller:"$3" callee:"$4"; do
		list=${side#*:}
		while [ -n "$list" ]; do
			expect "${side%%:*}-$tag" "${list%%;*}"
			case $list in *";"*) list=${list#*;} ;; *) list= ;; esac
		done
	done
	exec 5>&- 4>&-
	well "caller-$tag" "$caller"
	well "callee-$tag" "$callee"
	kill -TERM "$middle"
	join "$middle" $((patience + 10)) || fail "b2bua ended with $?"
	! says "b2bua-$tag" 'must be true|Sanitizer|runtime error:|^==[0-9]+==' || fail "b2bua made a report"
	say "$tag"
}

pair call accept 'on_provisional 180;on_answer 200;on_terminated "we hung up"' 'on_connected_confirmed;on_terminated "the peer hung up"'
pair stay hangup 'on_connected 200;on_terminated "the peer hung up"' 'on_terminated "we hung up"'
pair call reject486 'on_failure 486;on_terminated( 486|$)' 'on_terminated 486 "refused"'
pair call reject603 'on_failure 603;on_terminated 603' 'on_terminated 603'
pair cancel180 ring 'on_terminated 487 "we cancelled"' 'on_terminated "the peer cancelled"'
pair end180 ring 'on_terminated 487 "we cancelled"' 'on_terminated "the peer cancelled"'
pair offerless accept 'on_offer 200 application/sdp;on_terminated "we hung up"' 'on_offer_required;on_answer application/sdp'
pair call early183 'on_early_media 183;on_answer 200;on_terminated "we hung up"' 'on_terminated "the peer hung up"'
pair call-reinvite accept 'on_answer 200;on_terminated "we hung up"' 'on_offer application/sdp on hold;on_terminated "the peer hung up"'
pair call-hold accept 'on_terminated "we hung up"' 'on_offer application/sdp on hold;on_terminated "the peer hung up"'
pair call-reinvite refuse-again 'on_offer_rejected 488;on_terminated "we hung up"' 'on_terminated "the peer hung up"'
pair call-ask accept 'on_offer 200 application/sdp;on_terminated "we hung up"' 'on_offer_required;on_answer application/sdp'
pair stay reinvite 'on_offer application/sdp on hold' 'on_answer 200'
pair stay ask 'on_offer_required;on_answer application/sdp' 'on_offer 200 application/sdp'
pair call-info accept 'on_info_success 200;on_message_success 200' 'on_info application/dtmf-relay;on_message text/plain'
pair stay info 'on_info application/dtmf-relay;on_message text/plain' 'on_info_success 200;on_message_success 200'
live_pass
