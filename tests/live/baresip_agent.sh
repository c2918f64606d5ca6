#!/bin/sh
# baresip of Debian's package and the agent on libdum: it registers, calls and is called, each end hangs up once.
. "$(dirname "$0")/live.sh"
need baresip python3 awk

agent=$top_builddir/tests/interop/dum_agent
[ -x "$agent" ] || skip "tests/interop/dum_agent is not built"

# agent NAME WORD...: in the background, its standard input kept open.
agent() {
	agent_name=$1
	shift
	mkfifo "$room/$agent_name.in"
	(sleep 600 >"$room/$agent_name.in" & echo $! >"$room/$agent_name.pid")
	spawn "$agent_name" /bin/sh -c 'exec "$@" <"$0"' "$room/$agent_name.in" $live_in_front "$agent" "$@"
	live_pids="$live_pids $(cat "$room/$agent_name.pid")"
}
agent_says() { [ "$(grep -c "$2" "$room/$1.log")" -ge "${3:-1}" ]; }
expect_agent() { await "$patience" agent_says "$@" || fail "the agent $1 did not say: $2"; }

agent serve "listen=$sip_ip:5060" serve
serve_pid=$spawned
expect_agent serve ready
baresip_start bob 3 none ';answermode=auto'
expect_agent serve on_register

say "baresip calls the agent"
for round in 1 2; do
	play "$live_dir/baresip_ctl.py" 3 dial "sip:accept@$sip_ip"
	expect_agent serve on_connected_confirmed "$round"
	play "$live_dir/baresip_ctl.py" 3 hangup
	expect_agent serve 'on_terminated "the peer hung up"' "$round"
done
play "$live_dir/baresip_ctl.py" 3 dial "sip:early183@$sip_ip"
expect_agent serve on_connected_confirmed 3
play "$live_dir/baresip_ctl.py" 3 hangup
expect_agent serve 'on_terminated "the peer hung up"' 3

say "the agent hangs up, holds, refuses"
play "$live_dir/baresip_ctl.py" 3 dial "sip:hangup@$sip_ip"
expect_agent serve 'on_terminated "we hung up"'
play "$live_dir/baresip_ctl.py" 3 dial "sip:hold@$sip_ip"
expect_agent serve 'on_answer 200' 2
play "$live_dir/baresip_ctl.py" 3 hangup
expect_agent serve 'on_terminated "the peer hung up"' 4
play "$live_dir/baresip_ctl.py" 3 dial "sip:reject486@$sip_ip"
expect_agent serve 'on_terminated 486'

say "the agent calls baresip"
for mode in call call-hold call-ask offerless; do
	agent "$mode" "listen=$(ip 4):5060" call "sip:bob@$(ip 3):5070" "$mode"
	expect_agent "$mode" 'on_connected'
	expect_agent "$mode" 'on_terminated "we hung up"'
	join "$spawned" "$patience" || fail "the agent $mode ended with $?"
	agent_says "$mode" '^down' || fail "the agent $mode had something left"
done
kill "$(cat "$room/serve.pid")"
join "$serve_pid" $((patience + 10)) || fail "the agent ended with $?"
! grep -hE 'Sanitizer|runtime error:|^==[0-9]+==|must be true|^deed' "$room"/*.log || fail "a report"
live_pass
