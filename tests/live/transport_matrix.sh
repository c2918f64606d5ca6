#!/bin/sh
# Agents on every transport, over IPv4 and IPv6, with repro between them: they register, call each other, hang up from either side
# by the route set, send 64 KiB, keep their flows alive, fall silent and come back, and die in a call. Afterwards nothing is left.
. "$(dirname "$0")/live.sh"
in_turn 3
need openssl curl
[ -x "$agent_program" ] || skip "dum_agent is not built"

kinds="udp tcp tls ws wss dtls"
certificate "DNS:a.test,URI:sip:a.test,IP:127.0.0.1,IP:$sip_ip,IP:$(ip 2),IP:::1"

families=4
grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2>/dev/null && families="4 6"

# at FAMILY KIND: what a URI says for repro there. Over IPv4 WebSocket shares the ports of TCP and TLS, and DTLS has that of TLS.
at() {
	case $1$2 in
	4udp | 4tcp | 4ws) echo "$sip_ip:5060" ;;
	4*) echo "$sip_ip:5061" ;;
	*) sed -n "s/.*listens on $(echo "$2" | tr a-z A-Z)\(-UDP\)\{0,1\} \(\[::1\]:[0-9]*\)$/\2/p" "$repro_log" ;;
	esac
}

# one NAME FAMILY KIND SETTING... VERB...: an agent on this transport.
one() {
	one_name=$1 one_kind=$3 one_at=$(at "$2" "$3") one_here=$(ip 2):0
	[ "$2" = 4 ] || one_here="[::1]:0"
	shift 3
	agent "$one_name" "listen=$one_here" "tls=$one_here" "dtls=${one_dtls:-$one_here}" ws=1 t1=100 "ca=$room/ca.pem" "cert=$room/own.pem" "key=$room/own.key" \
		"by=$one_kind" "outbound_proxy=sip:$one_at" "force_outbound_proxy=0" "from=<sip:$one_name@a.test>" show=Record-Route "$@"
}

# everyone COMMAND...: runs it with FAMILY KIND behind, for every transport.
everyone() {
	for family in $families; do
		for kind in $kinds; do
			"$@" "$family" "$kind"
		done
	done
}

slots= n=0
for kind in $kinds; do
	n=$((n + 1))
	port=5060
	case $kind in tls | wss | dtls) port=5061 ;; esac
	slots="$slots Transport${n}Interface=$sip_ip:$port Transport${n}Type=$kind"
	case $families in
	*6)
		n=$((n + 1))
		slots="$slots Transport${n}Interface=[::1]:0 Transport${n}Type=$kind"
		;;
	esac
done
flow_timer=$((slow > 1 ? 10 : 2))
# shellcheck disable=SC2086
repro_start DisableAuth=true EnableIPv6=true Domains=a.test TimerT1=100 FlowTimer=$flow_timer FlowTimerGracePeriod=$flow_timer \
	TLSCertificate="$room/own.pem" TLSPrivateKey="$room/own.key" CAFile="$room/ca.pem" TLSKeyLogFile="$room/keys" $slots

# With the key log others read DTLS too, where there is somebody who may listen.
ears=
if command -v tshark >/dev/null && command -v dumpcap >/dev/null; then
	spawn dumpcap dumpcap -q -i lo -f "host $sip_ip and udp port 5061" -w "$room/wire.pcap"
	ears=$spawned
	await "$patience" test -s "$room/wire.pcap" || ears=
fi

say "registers"
callees=0
for family in $families; do
	for kind in $kinds; do
		one "$kind$family" "$family" "$kind" contact_user=accept register sip:a.test "sip:$kind$family@a.test" stay
		eval "pid_$kind$family=$spawned"
		one "end-$kind$family" "$family" "$kind" contact_user=hangup register sip:a.test "sip:end-$kind$family@a.test" stay
		eval "pid_end_$kind$family=$spawned"
		callees=$((callees + 2))
	done
done
expect_metric repro_bindings "$callees"
# Those whose flows both ends watch (RFC 5626 4.4, 5.4) do so while the others call.
kept=0 kept_connections=0
keeps() {
	kept=$((kept + 1))
	[ "$2" = udp ] || kept_connections=$((kept_connections + 1))
	one "kept-$2$1" "$1" "$2" outbound=1 reg-id=1 "instance_id=$(printf 'urn:uuid:00000000-0000-4000-8000-%012d' "$kept")" \
		register sip:a.test "sip:kept-$2$1@a.test" stay
	eval "pid_kept_$2$1=$spawned"
}
everyone keeps
expect_metric repro_bindings $((callees + kept))
if [ -n "$ears" ]; then
	is_read() {
		tshark -r "$room/wire.pcap" -o "tls.keylog_file:$room/keys" -d udp.port==5061,dtls -d dtls.port==5061,data \
			-o data.show_as_text:TRUE -Y data -T fields -e data.text >"$room/read" 2>"$room/read.err"
		grep -q '^REGISTER sip:a.test SIP/2.0' "$room/read" && grep -q '^SIP/2.0 200 OK' "$room/read"
	}
	await "$patience" is_read || fail "tshark does not read DTLS: $(tail -n 1 "$room/read.err")"
	kill "$ears"
	say "tshark reads DTLS"
fi

# routes_are CALLER KIND CALLEE KIND: the caller's route set says how either side is reached.
named() { case $1 in wss) echo ws ;; dtls) echo dtls-udp ;; *) echo "$1" ;; esac; }
routes_are() {
	line=$(grep -m 1 '^on_connected 200' "$room/$1.log")
	[ "$2$3" != udpudp ] || return 0
	for kind in "$2" "$3"; do
		wanted=";transport=$(named "$kind")"
		[ "$kind" != udp ] || wanted=
		echo "$line" | grep -q "Record-Route: <sip:[^;>]*$wanted;lr>" || fail "$1 by $2 to $3: $line"
	done
	case $2 in
	tls | ws | wss | dtls) echo "$line" | grep -q 'Record-Route: <sip:flow\.[0-9a-f]*@' || fail "no flow token: $line" ;;
	esac
}

# is_called FROM TO: with STROWGER_FULL=1 all pairs; else those of one family, and of the other the same transport; the other side ends
# between two of the same transport over IPv4.
is_called() {
	[ -z "${STROWGER_FULL:-}" ] || return 0
	case $1$2 in
	end-*6*) return 1 ;;
	end-*) [ "$1" = "$2" ] || return 1 ;;
	esac
	[ "${1#"${1%?}"}" = "${2#"${2%?}"}" ] || [ "${1%?}" = "${2%?}" ]
}

# calls PREFIX MODE WORDS-OF-THE-CALLER: everybody calls PREFIX's agent of each transport at once.
calls() {
	for to_family in $families; do
		for to in $kinds; do
			started=
			for family in $families; do
				for kind in $kinds; do
					is_called "$1$kind$family" "$1$to$to_family" || continue
					name=$2-$kind$family-$to$to_family
					one "$name" "$family" "$kind" call "sip:$1$to$to_family@a.test" "$2"
					started="$started $name:$spawned:$kind"
				done
			done
			for call in $started; do
				name=${call%%:*} kind=${call##*:}
				pid=${call#*:} pid=${pid%:*}
				expect_agent "$name" "$3"
				routes_are "$name" "$kind" "$to"
				agent_end "$name" "$pid"
			done
		done
	done
}
say "calls"
calls "" call '^on_terminated .*we hung up'
say "calls that the other side ends"
calls end- stay '^on_terminated .*the peer hung up'
# is_called_by TO: how many call this agent.
is_called_by() {
	callers=0
	for from_family in $families; do
		for from in $kinds; do
			! is_called "$from$from_family" "$1" || callers=$((callers + 1))
		done
	done
	echo "$callers"
}
for family in $families; do
	for kind in $kinds; do
		expect_agent "$kind$family" on_connected_confirmed "$(is_called_by "$kind$family")"
		! agent_says "$kind$family" '^on_terminated .*(timed out|something failed)' || fail "$kind$family: a call ended badly"
	done
done

# What no datagram carries goes by TCP or TLS to the same port (RFC 3261 18.1.1), to repro and from it.
say "64 KiB"
for kind in $kinds; do
	for to in $kinds; do
		one "big-$kind-$to" 4 "$kind" size=65536 send MESSAGE "sip:${to}4@a.test"
		expect_agent "big-$kind-$to" '^on_success 200'
		agent_end "big-$kind-$to" "$spawned"
	done
done
for to in $kinds; do
	agent_says "${to}4" 'text/plain 65536 bytes' 6 || fail "${to}4 has not got what was sent"
done

say "64 KiB where only DTLS is"
one_dtls=$(ip 3):5061
one alone 4 dtls contact_user=accept register sip:a.test sip:alone@a.test stay
alone=$spawned
one_dtls=
expect_agent alone '^on_success 200'
for kind in tcp dtls; do
	one "fits-$kind" 4 "$kind" size=9000 send MESSAGE sip:alone@a.test
	expect_agent "fits-$kind" '^on_success 200'
	agent_end "fits-$kind" "$spawned"
	one "lost-$kind" 4 "$kind" size=65536 send MESSAGE sip:alone@a.test
	expect_agent "lost-$kind" '^on_failure 513'
	agent_end "lost-$kind" "$spawned"
done
agent_says alone 'text/plain 9000 bytes' 2 || fail "alone has not got what was sent"
! agent_says alone 'text/plain 65536 bytes' || fail "alone has got more than a record"
agent_end alone "$alone"

# Three of each take longer than repro waits for one: four fifths of the Flow-Timer and more are between two, and it waits twice
# the Flow-Timer.
say "keep-alives"
metric_is_least() { [ "$(metric "$1")" -ge "$2" ]; }
await $((3 * flow_timer + patience)) metric_is_least sip_keepalives_received_total $((3 * kept)) ||
	fail "only $(metric sip_keepalives_received_total) keep-alives have come"
keeps_its_flow() { ! agent_says "kept-$2$1" '^on_retry' || fail "kept-$2$1 has lost its flow"; }
everyone keeps_its_flow
# is_answered STATUS FAMILY KIND: whoever asks for this agent.
is_answered() { "$sipctl" options "sip:kept-$3$2@a.test" --proxy "sip:$sip_ip" --timeout 2 2>/dev/null | grep -q "^$1 "; }
is_reached() { await "$patience" is_answered 200 "$@" || fail "kept-$2$1 is not reached"; }
everyone is_reached

say "keep-alives lost"
silence=$((2 * flow_timer + patience))
signals() { eval "kill -$1 \$(pgrep -P \$pid_kept_$3$2 || echo \$pid_kept_$3$2)"; }
metric_is_most() { [ "$(metric "$1")" -le "$2" ]; }
left=$(($(metric sip_connections) - kept_connections))
everyone signals STOP
await "$silence" metric_is_most sip_connections "$left" || fail "$(metric sip_connections) connections are left, expected $left"
is_given_up() { await "$silence" is_answered 430 "$@" || fail "kept-$2$1 is silent, and not given up"; }
everyone is_given_up

# What was closed is made again, and the binding with it. Over UDP nothing was: STUN is answered and says the same address as
# before, so the flow has not failed (4.4.2).
say "keep-alives again"
everyone signals CONT
comes_back() {
	[ "$2" = udp ] || expect_agent "kept-$2$1" '^on_success 200' 2
	is_reached "$@"
	[ "$2" != udp ] || keeps_its_flow "$@"
	eval "agent_end kept-$2$1 \$pid_kept_$2$1"
}
everyone comes_back
expect_metric repro_bindings "$callees"

say "deaths"
dead=0
for kind in $kinds; do
	one "mourner-$kind" 4 tcp call "sip:${kind}4@a.test" stay
	mourner=$spawned
	expect_agent "mourner-$kind" '^on_connected 200'
	eval "kill -KILL \$(pgrep -P \$pid_${kind}4 || echo \$pid_${kind}4)" 2>/dev/null
	kill "$(cat "$room/${kind}4.holder")"
	dead=$((dead + 1))
	agent_end "mourner-$kind" "$mourner"
done

say "the end"
for family in $families; do
	for kind in $kinds; do
		[ "$family" = 4 ] || eval "agent_end $kind$family \$pid_$kind$family"
		eval "agent_end end-$kind$family \$pid_end_$kind$family"
	done
done
expect_metric repro_bindings "$dead"
expect_metric repro_request_contexts 0
await 30 metric_is sip_connections 0 || fail "connections are left: $(metric sip_connections)"
repro_stop
live_pass
