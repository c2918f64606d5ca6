#!/bin/sh
# baresip of Debian's package and the agent on libdum: it registers, calls and is called; each side holds, takes back, hangs up,
# cancels and refuses, and is sent INFO.
. "$(dirname "$0")/live.sh"
need baresip python3 awk
[ -x "$agent_program" ] || skip "tests/interop/dum_agent is not built"

# bob COMMAND [PARAMETER], and carol, who answers nothing by herself.
bob() { play "$live_dir/baresip_ctl.py" 3 "$@"; }
carol() { play "$live_dir/baresip_ctl.py" 5 "$@"; }

agent serve "listen=$sip_ip:5060" serve
serve=$spawned
expect_agent serve ready
baresip_start bob 3 none ';answermode=auto'
baresip_start carol 5 none
expect_agent serve on_register 2

say "baresip calls the agent"
hung_up=0
# bob_calls MODE WHAT-THE-AGENT-SAYS [TIMES]: and bob hangs up.
bob_calls() {
	bob dial "sip:$1@$sip_ip"
	expect_agent serve "$2" "${3:-1}"
	hung_up=$((hung_up + 1))
	bob hangup
	expect_agent serve 'on_terminated "the peer hung up"' $hung_up
}
bob_calls accept on_connected_confirmed 1
bob_calls accept on_connected_confirmed 2
bob_calls early183 on_connected_confirmed 3
bob_calls hold 'on_answer 200' 2
bob_calls info-only 'on_info_success 200'

say "baresip holds and takes back"
bob dial "sip:accept@$sip_ip"
expect_agent serve on_connected_confirmed 6
bob hold
expect_agent serve 'on_offer application/sdp on hold'
expect_agent serve on_connected_confirmed 7
bob resume
expect_agent serve on_connected_confirmed 8
hung_up=$((hung_up + 1))
bob hangup
expect_agent serve 'on_terminated "the peer hung up"' $hung_up

say "the agent hangs up and refuses, baresip cancels"
bob dial "sip:hangup@$sip_ip"
expect_agent serve 'on_terminated "we hung up"'
bob dial "sip:reject486@$sip_ip"
expect_agent serve 'on_terminated 486'
bob dial "sip:reject603@$sip_ip"
expect_agent serve 'on_terminated 603'
bob dial "sip:ring@$sip_ip"
expect_agent serve on_new_session 10
bob hangup
expect_agent serve 'on_terminated "the peer cancelled"'

# calls MODE USER N WHAT-IT-SAYS…: the agent calls a baresip on $(ip N).
calls() {
	calls_mode=$1 calls_to="sip:$2@$(ip "$3"):5070"
	shift 3
	agent "$calls_mode" "listen=$(ip 4):5060" call "$calls_to" "$calls_mode"
	called=$spawned
	for calls_line in "$@"; do expect_agent "$calls_mode" "$calls_line"; done
}
say "the agent calls baresip"
for mode in call call-hold call-ask offerless; do
	calls "$mode" bob 3 on_connected 'on_terminated "we hung up"'
	agent_over "$mode" "$called"
done
calls call-info bob 3 'on_info_success 200' 'on_terminated "we hung up"'
agent_over call-info "$called"
calls cancel180 carol 5 'on_provisional 180' 'on_terminated 487 "we cancelled"'
agent_over cancel180 "$called"
calls stay carol 5 'on_provisional 180'
carol hangup
expect_agent stay 'on_failure 486'
agent_over stay "$called"
agent_end serve "$serve"
live_pass
