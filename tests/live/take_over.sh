#!/bin/sh
# One repro takes over from another, several times in a row and under load: no call over UDP fails, no connection is refused, what
# was registered and what was challenged is known to the next. Whoever is killed on the way, one of them serves.
. "$(dirname "$0")/live.sh"
need sipp python3 curl awk

calls=$(divide 600 20)
rate=$(divide 50 2)
times=4
pid_file=$room/pid

# take_over [Name=Value...]: returns when the new one serves; the old one's process is $old.
pid_is() { [ "$(cat "$pid_file")" = "$1" ]; }
pid_is_or_gone() { pid_is "$spawned" || ! is_alive "$spawned"; }
take_over() {
	old=$repro_pid
	# shellcheck disable=SC2086
	spawn repro $live_in_front "$repro_program" $house "$@" --take-over
	await "$patience" pid_is_or_gone && is_alive "$spawned" || fail "nobody has taken over"
	repro_pid=$spawned
}
descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }

for threaded in true false; do
	settings="DisableAuth=true RecordRouteUri=auto PidFile=$pid_file TakeOverDrain=40 ThreadedStack=$threaded"
	say "calls while repro is replaced, ThreadedStack=$threaded"
	# shellcheck disable=SC2086
	repro_start $settings
	for phone in alice bob; do
		sipp_run "register-$phone" register "$sip_ip:5060" -s "$phone" -i "$(ip 6)" -ci "$(ip 6)" -m 1 -key phone "$(ip 3):5070" \
			-key parameter '' -recv_timeout $((patience * 1000))
		join "$spawned" "$patience" || fail "$phone did not register"
	done
	sipp_run callee callee "$sip_ip:5060" -i "$(ip 3)" -ci "$(ip 3)" -p 5070 -m "$calls" -s bob
	callee=$spawned
	await_bound udp "$(ip 3):5070"
	sipp_run caller caller "$sip_ip:5060" -i "$(ip 2)" -ci "$(ip 2)" -p 5070 -m "$calls" -r "$rate" -d 1000 -s bob \
		-recv_timeout $((patience * 1000))
	caller=$spawned
	spawn connections "$python" "$live_dir/take_over.py" connect
	connections=$spawned
	spawn watch "$python" "$live_dir/take_over.py" watch
	watch=$spawned
	gone=
	for _ in $(seq "$times"); do
		sleep 1
		# shellcheck disable=SC2086
		take_over $settings
		gone="$gone $old"
		await "$patience" repro_is_ready || fail "nobody answers HTTP"
		await "$patience" repro "DatabasePath=$room" --bans || fail "nobody hears commands"
	done
	at_last=$(descriptors "$repro_pid")
	join "$caller" $((calls / rate + patience)) || fail "the caller ended with $?"
	join "$callee" "$patience" || fail "the callee ended with $?"
	for side in caller callee; do
		sipp_wants $side 'SuccessfulCall(C)' "$calls"
		sipp_wants $side 'FailedCall(C)' 0
		sipp_wants $side 'FailedUnexpectedMessage(C)' 0
	done
	expect_metric repro_bindings 2
	touch "$room/enough"
	join "$connections" "$patience" || fail "$(tail -n 1 "$room/connections.log")"
	join "$watch" "$patience" || fail "$(tail -n 1 "$room/watch.log")"
	for pid in $gone; do join "$pid" 90 || fail "the repro that was replaced ended with $?"; done
	await "$patience" eval '[ "$(descriptors "$repro_pid")" -le "$at_last" ]' || fail "descriptors stay: $(descriptors "$repro_pid")"
	"$sipctl" options "sip:$sip_ip" >/dev/null || fail "the last one does not read its own socket"
	[ -S "$room/repro.sock" ] || fail "the control socket is gone"
	repro_stop
	[ ! -e "$pid_file" ] || fail "the pid file stays"
	rm -f "$room"/repro.db* "$room/enough"
done

say "a challenge of the old one is good for the new one"
repro "DatabasePath=$room" user add "alice@$sip_ip" --password secret || fail "cannot add alice"
settings="DisableAuth=false PidFile=$pid_file TakeOverDrain=2"
# shellcheck disable=SC2086
repro_start $settings
mkfifo "$room/go"
spawn challenge "$python" "$live_dir/take_over.py" challenge "$room/go"
challenge=$spawned
await "$patience" grep -q challenged "$room/challenge.log" || fail "nobody was challenged"
# shellcheck disable=SC2086
take_over $settings
echo >"$room/go"
join "$challenge" "$patience" || fail "$(tail -n 1 "$room/challenge.log")"
join "$old" "$patience" || fail "the old one ended with $?"

# reads: how often a new one has begun to read for itself; reads_more: once more than $before.
reads() { grep -c 'read here from now on' "$repro_log"; }
reads_more() { [ "$(reads)" -gt "$before" ]; }

say "a phone on a connection is sent to the new one, and the old one ends"
settings="DisableAuth=true PidFile=$pid_file TakeOverDrain=60"
"$sipctl" options "sip:$sip_ip" >/dev/null || fail "nobody answers"
# shellcheck disable=SC2086
take_over $settings
join "$old" $((patience + 40)) || fail "the old one ended with $?"
spawn phone "$python" "$live_dir/take_over.py" phone
phone=$spawned
await "$patience" grep -q registered "$room/phone.log" || fail "nobody registered by a connection"
# shellcheck disable=SC2086
take_over $settings
join "$phone" "$patience" || fail "$(tail -n 1 "$room/phone.log")"
join "$old" $((patience + 60)) || fail "the old one ended with $?"

say "calls by flow tokens; the old one is killed while it drains"
settings="DisableAuth=true PidFile=$pid_file TakeOverDrain=60"
spawn calls "$python" "$live_dir/take_over.py" calls "$room/go"
calls=$spawned
await "$patience" grep -q ringing "$room/calls.log" || fail "$(tail -n 1 "$room/calls.log")"
# shellcheck disable=SC2086
take_over $settings
echo >"$room/go"
join "$calls" "$patience" || fail "$(tail -n 1 "$room/calls.log")"
before=$(reads)
kill -KILL "$old" || fail "it was over too soon"
await "$patience" reads_more || fail "the new one does not read for itself"
"$sipctl" options "sip:$sip_ip" >/dev/null || fail "nobody answers after the old one was killed"

say "an old one that is killed when the new one is ready"
spawn bury "$python" "$live_dir/take_over.py" bury "$repro_pid"
bury=$spawned
before=$(reads)
await "$patience" grep -q 'between them' "$room/bury.log" || fail "nobody is between them"
# shellcheck disable=SC2086
take_over $settings
join "$bury" "$patience" || fail "$(tail -n 1 "$room/bury.log")"
await "$patience" reads_more || fail "the new one does not read for itself"
"$sipctl" options "sip:$sip_ip" >/dev/null || fail "nobody answers after the old one was killed at the last moment"
await "$patience" repro "DatabasePath=$room" --bans || fail "nobody hears commands"

say "a ban of the old one is the new one's, to be lifted there"
settings="DisableAuth=true PidFile=$pid_file TakeOverDrain=60 BanPoints=100 TrustedNetworks=192.0.2.0/24"
is_banned() { repro "DatabasePath=$room" --bans | grep -q "^$(ip 7) "; }
# shellcheck disable=SC2086
take_over $settings
play "$live_dir/take_over.py" scan
await "$patience" is_banned || fail "nobody is banned"
# shellcheck disable=SC2086
take_over $settings
await "$patience" is_banned || fail "the new one knows of no ban"
repro "DatabasePath=$room" --unban "$(ip 7)" || fail "the ban cannot be lifted"
play "$live_dir/take_over.py" ask

say "a new one that dies before it is ready"
for step in take-over hold; do
	play "$live_dir/take_over.py" die "$step"
	"$sipctl" options "sip:$sip_ip" >/dev/null || fail "nobody answers after the new one died at $step"
	pid_is "$repro_pid" || fail "the pid file has another process"
	await "$patience" repro_is_ready || fail "nobody answers HTTP"
done
echo 'TimerC = soon' >"$room/broken.config"
repro -c "$room/broken.config" "DatabasePath=$room" --take-over 2>/dev/null && fail "a broken configuration took over"
repro "DatabasePath=$room" IPAddress=203.0.113.1 HttpPort=0 --take-over 2>/dev/null && fail "an address of nobody took over"
repro "DatabasePath=$room" "IPAddress=$sip_ip" HttpPort=0 PidFile="$room/other.pid" CaptureFile=/nowhere/capture --take-over \
	2>/dev/null && fail "one without its capture took over"
[ ! -e "$room/other.pid" ] || fail "the pid file of one that has failed stays"
"$sipctl" options "sip:$sip_ip" >/dev/null || fail "nobody answers after a broken one"
# shellcheck disable=SC2086
take_over $settings
repro_stop
await $((patience + 65)) eval '! is_alive "$old"' || fail "the old one goes on without the new one"
repro "DatabasePath=$room" --take-over 2>"$room/said.log" && fail "it took over from nobody"
grep -q 'nobody runs' "$room/said.log" || fail "it does not say that nobody runs"
live_pass
