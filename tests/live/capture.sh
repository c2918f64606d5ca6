#!/bin/sh
# repro copies every message to a collector by HEP, over UDP and over TCP, and into a pcap file. What sipp has written down of the
# calls it made is in each of them: every message once, byte by byte, with its addresses; tshark and sngrep read it, where they are.
. "$(dirname "$0")/live.sh"
in_turn 5
need sipp curl

calls=$(divide "$([ -n "${STROWGER_FULL:-}" ] && echo 300 || echo 20)" 3)
collector=$(ip 7)
script=$live_dir/capture.py
# Every message comes once: an answer may take its time, and nobody repeats himself.
once=-nr patient=TimerT1=2500

# collect TRANSPORT: a collector that writes down what it gets, until it is stopped.
collect() {
	spawn "collector-$1" "$python" "$script" collect "$1" "$collector:9060" "$room/hep-$1.json"
	collecting=$spawned
	await_bound "$1" "$collector:9060"
}

# call TAG SIPP-TRANSPORT PARAMETER: a phone registers and is called; sipp writes down all that passes.
call() {
	alice=$(ip 2) bob=$(ip 3)
	sipp_run "register-$1" register "$sip_ip:5060" -s "$1" -i "$bob" -ci "$(ip 6)" -t "$2" -m 1 -key phone "$bob:5070" \
		-key parameter "$3" -recv_timeout $((patience * 1000)) $once -trace_msg -message_file "$room/register-$1.said"
	join "$spawned" "$patience" || fail "$1 did not register"
	sipp_run "callee-$1" callee "$sip_ip:5060" -i "$bob" -ci "$(ip 5)" -p 5070 -t "$2" -m "$calls" -s "$1" \
		$once -trace_msg -message_file "$room/callee-$1.said"
	callee=$spawned
	await_bound "${1%%-*}" "$bob:5070"
	sipp_run "caller-$1" caller "$sip_ip:5060" -i "$alice" -ci "$(ip 4)" -p 5070 -t "$2" -m "$calls" -r 20 -d 20 -s "$1" \
		-recv_timeout $((patience * 1000)) $once -trace_msg -message_file "$room/caller-$1.said"
	join "$spawned" $((calls + patience)) || fail "$1: the caller ended with $?"
	join "$callee" "$patience" || fail "$1: the callee ended with $?"
}

hep_has_all() { [ "$(wc -l <"$room/hep-$by.json")" -ge "$captured" ]; }
for by in udp tcp; do
	collect $by
	repro_start DisableAuth=true $patient CaptureHost="$collector" CaptureTransport=$by CaptureAgentID=4711 CaptureAuthKey=our-secret \
		CaptureFile="$room/$by.pcap"
	call udp-to-$by u1 ''
	call tcp-to-$by t1 ';transport=tcp'
	expect_metric 'sip_capture_dropped_total{before="collector"}' 0
	expect_metric 'sip_capture_errors_total{of="collector"}' 0
	captured=$(metric sip_capture_messages_total)
	repro_stop
	await "$patience" hep_has_all || fail "the collector has not got the $captured messages by $by"
	kill "$collecting" && join "$collecting" "$patience"
	play "$script" judge "$room/hep-$by.json" "$sip_ip" "$room"/*-to-$by.said
	say "by $by: $captured messages of $((2 * calls)) calls, each as sipp had it"
	if command -v tshark >/dev/null; then
		tshark -r "$room/$by.pcap" -Y sip -T fields -e ip.src -e udp.srcport -e tcp.srcport -e ip.dst -e udp.dstport \
			-e tcp.dstport -e sip.CSeq -e sip.Call-ID -e frame.protocols -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
			-o tcp.check_checksum:TRUE >"$room/tshark-$by.txt" 2>"$room/tshark.log" || fail "tshark could not read it"
		play "$script" frames "$room/hep-$by.json" "$room/tshark-$by.txt"
		[ -z "$(tshark -r "$room/$by.pcap" -Y 'ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0' \
			-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE 2>>"$room/tshark.log")" ] ||
			fail "tshark found a wrong checksum"
		say "tshark reads $captured messages from the file"
	else
		say "there is no tshark: the file was not read"
	fi
done

# A collector that is a name nobody has, and one that is dead: calls go as ever.
repro_start DisableAuth=true $patient CaptureHost=nowhere.invalid CaptureTransport=TCP DNSServers="$(ip 6)"
call udp-to-nobody u1 ''
repro_stop
repro_start DisableAuth=true $patient CaptureHost="$(ip 6)" CaptureTransport=TCP
call udp-to-dead u1 ''
is_dead_noticed() { [ "$(metric 'sip_capture_errors_total{of="collector"}')" -ge 1 ]; }
await "$patience" is_dead_noticed || fail "the dead collector was not noticed"
repro_stop
echo "a file of somebody's, much longer than a capture's head" >"$room/diary"
repro $house CaptureFile="$room/diary" >"$room/said.log" 2>&1 </dev/null && fail "repro wrote into somebody's file"
grep -q 'repro: cannot capture to .*diary: .*CaptureFile' "$room/said.log" || fail "repro did not say what is wrong with the file"

if command -v sngrep >/dev/null && command -v script >/dev/null && command -v tshark >/dev/null; then
	spawn sngrep script -qec "sngrep -N -q -L udp:$collector:9060 -O $room/sngrep.pcap" /dev/null
	sngrep=$spawned
	await_bound udp "$collector:9060"
	repro_start DisableAuth=true $patient CaptureHost="$collector"
	call udp-to-sngrep u1 ''
	captured=$(metric sip_capture_messages_total)
	repro_stop
	sngrep_has_all() { [ "$(tshark -r "$room/sngrep.pcap" -Y sip 2>/dev/null | wc -l)" -eq "$captured" ]; }
	await "$patience" sngrep_has_all || fail "sngrep has not got the $captured messages"
	kill "$sngrep"
	say "sngrep reads $captured messages"
else
	say "there is no sngrep: it was not asked"
fi
live_pass
