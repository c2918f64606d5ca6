#!/bin/sh
# baresip of Debian's package registers and answers a call from sipp, and one baresip calls another.
. "$(dirname "$0")/live.sh"
need baresip sipp python3 curl awk

# has_call USER COUNT: so many lines of its trace say that a call came about.
has_call() { [ "$(grep -c 'Call established\|Call answered' "$room/baresip-$1.log")" -ge "$2" ]; }
has_ended() { grep -q 'BYE sip:' "$room/baresip-$1.log"; }

repro_start DisableAuth=true RecordRouteUri=auto
baresip_start bob 3 none ';answermode=auto'
baresip_start carol 4 none
expect_metric repro_bindings 2

say "sipp calls baresip"
sipp_run caller caller "$sip_ip:5060" -i "$(ip 2)" -ci "$(ip 2)" -p 5070 -m 3 -r 5 -l 1 -d 200 -s bob \
	-recv_timeout $((patience * 1000))
join "$spawned" $((patience + 10)) || fail "sipp's call to baresip failed"
sipp_wants caller 'SuccessfulCall(C)' 3
sipp_wants caller 'FailedCall(C)' 0

say "baresip calls baresip"
: >"$room/baresip-bob.log"
play "$live_dir/baresip_ctl.py" 4 dial "sip:bob@$sip_ip"
await "$patience" has_call carol 1 || fail "carol's call was not answered"
play "$live_dir/baresip_ctl.py" 4 hangup
await "$patience" has_ended bob || fail "bob heard no BYE"
expect_metric repro_request_contexts 0
repro_stop
live_pass
