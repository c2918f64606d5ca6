#!/bin/sh
# linphone of Debian's package (linphone-cli: 170 MB with what it needs, so not among contrib/packages) and the agent on libdum: it
# calls and is called; each side holds, takes back, hangs up, cancels and refuses; MESSAGE and INFO both ways; it registers at the
# agent and at repro, over UDP and over TLS with repro's certificate checked, and is called by way of repro.
. "$(dirname "$0")/live.sh"
need linphone-daemon openssl curl awk
[ -x "$agent_program" ] || skip "tests/interop/dum_agent is not built"

here=$(ip 3):5070 # linphone's

# linphone COMMAND: the daemon reads it from its standard input; what happens is in $room/linphone.log.
linphone() { printf '%s\n' "$*" >&6; }
linphone_says() { [ "$(grep -cE "$1" "$room/linphone.log")" -ge "${2:-1}" ]; }
expect_linphone() { await "$patience" linphone_says "$@" || fail "linphone did not say: $1"; }
linphone_start() {
	mkdir -p "$room/home/.local/share/linphone" "$room/home/.config/linphone"
	cat >"$room/linphonerc" <<EOF
[sip]
sip_port=5070
sip_tcp_port=0
sip_tls_port=5061
root_ca=$room/ca.pem
verify_server_certs=1
verify_server_cn=1
bind_address=$(ip 3)
use_ipv6=0
use_info=1
use_rfc2833=0
[rtp]
bind_address=$(ip 3)
[net]
firewall_policy=0
[misc]
max_calls=1
[app]
auto_download_incoming_files_max_size=-1
EOF
	mkfifo "$room/linphone.in"
	exec 6<>"$room/linphone.in"
	spawn linphone /bin/sh -c 'exec env HOME="$1/home" XDG_DATA_HOME="$1/home/.local/share" XDG_CONFIG_HOME="$1/home/.config" \
		linphone-daemon --config "$1/linphonerc" --disable-stats-events <"$1/linphone.in"' linphone "$room"
	linphone_pid=$spawned
	await_bound udp "$here"
}
# state NAME [TIMES]: of its call, as it came by it.
state() { expect_linphone "^Event: (LinphoneCall)?$1\$" "${2:-1}"; }
# scene TEXT: whatever is expected from here on has to be said from here on.
scene() {
	say "$*"
	for log in linphone serve; do : >"$room/$log.log"; done
}
# released: its call is over, and it may have another.
released() { state Released; }

# mbedTLS compares the address that linphone knows repro by with names alone.
certificate "DNS:$sip_ip,IP:$sip_ip"
agent serve "listen=$(ip 4):5060" serve
serve=$spawned
expect_agent serve ready
linphone_start

scene "linphone calls, holds, takes back, sends INFO and hangs up"
linphone "call sip:accept@$(ip 4)"
state OutgoingRinging
state StreamsRunning
expect_agent serve on_connected_confirmed
linphone call-pause
state Paused
expect_agent serve 'on_offer application/sdp on hold'
expect_agent serve on_connected_confirmed 2
linphone "call-resume $(sed -n 's/^Id: //p' "$room/linphone.log" | tail -1)"
state StreamsRunning 2
expect_agent serve on_connected_confirmed 3
linphone dtmf 5
expect_agent serve on_info
linphone terminate
expect_agent serve 'on_terminated "the peer hung up"'
released

scene "early media"
linphone "call sip:early183@$(ip 4)"
state OutgoingEarlyMedia
state StreamsRunning
linphone terminate
expect_agent serve 'on_terminated "the peer hung up"'
released
scene "the agent hangs up at once"
linphone "call sip:hangup@$(ip 4)"
state End
expect_agent serve 'on_terminated "we hung up"'
released

scene "the agent holds and takes back"
linphone "call sip:hold@$(ip 4)"
state PausedByRemote
state StreamsRunning 2
expect_agent serve 'on_answer 200' 2
linphone terminate
expect_agent serve 'on_terminated "the peer hung up"'
released

scene "linphone cancels"
linphone "call sip:ring@$(ip 4)"
state OutgoingRinging
linphone terminate
expect_agent serve 'on_terminated "the peer cancelled"'
released
for mode in reject486 reject603; do
	scene "the agent says $mode"
	linphone "call sip:$mode@$(ip 4)"
	expect_agent serve "on_terminated ${mode#reject}"
	released
done

scene "messages"
linphone "message sip:accept@$(ip 4) hello"
expect_agent serve 'on_message_arrived text/plain'
expect_linphone '^State: .*Delivered'
agent message "listen=$(ip 5):5060" send MESSAGE "sip:linphone@$here"
agent_over message "$spawned"
agent_says message 'on_success 20' || fail "linphone did not take the MESSAGE"
expect_linphone '^Content: "?hello'

# calls NAME URI MODE WHAT-IT-SAYS…: the agent calls, on an address that nobody else is on.
calls() {
	calls_name=$1 calls_uri=$2 calls_mode=$3
	shift 3
	scene "the agent calls: $calls_name"
	agent "$calls_name" "listen=$(ip 5):5060" call "$calls_uri" "$calls_mode"
	called=$spawned
	expect_agent "$calls_name" 'on_provisional 180'
	state IncomingReceived
	for calls_line in "$@"; do expect_agent "$calls_name" "$calls_line"; done
}
# answered NAME: linphone answers, and the call ends as it may.
answered() {
	linphone answer
	expect_agent "$1" 'on_connected'
}
over() {
	agent_over "$1" "$called"
	released
}

calls held "sip:linphone@$here" call-hold
answered held
state PausedByRemote
expect_agent held 'on_answer 200' 3
over held
calls stays "sip:linphone@$here" stay
answered stays
state StreamsRunning
agent busy "listen=$(ip 6):5060" call "sip:linphone@$here" call
agent_over busy "$spawned"
agent_says busy 'on_failure 486' || fail "linphone was not busy"
linphone call-pause
expect_agent stays 'on_offer application/sdp on hold'
state Paused
linphone "call-resume $(sed -n 's/^Id: //p' "$room/linphone.log" | tail -1)"
state StreamsRunning 2
linphone terminate
expect_agent stays 'on_terminated "the peer hung up"'
over stays
calls offerless "sip:linphone@$here" offerless
answered offerless
expect_agent offerless 'on_offer 200 application/sdp'
over offerless
calls info "sip:linphone@$here" call-info
answered info
expect_agent info 'on_info_success 200'
expect_linphone '^Tone: 5'
over info
calls cancelled "sip:linphone@$here" cancel180 'on_terminated 487 "we cancelled"'
over cancelled
calls declined "sip:linphone@$here" call
linphone terminate
expect_agent declined 'on_failure (486|603)'
over declined

scene "linphone registers at the agent and at repro"
linphone "register sip:linphone@$(ip 4) sip:$(ip 4)"
expect_agent serve on_register
repro_start DisableAuth=true RecordRouteUri=auto TLSPort=5061 TLSCertificate="$room/own.pem" TLSPrivateKey="$room/own.key"
linphone "register sip:linphone@$sip_ip sip:$sip_ip"
expect_metric repro_bindings 1
calls proxied "sip:linphone@$sip_ip" call
answered proxied
over proxied
linphone unregister ALL
expect_metric repro_bindings 0

scene "linphone registers at repro over TLS"
linphone "register sip:linphone@$sip_ip <sip:$sip_ip:5061;transport=tls>"
expect_metric repro_bindings 2 # and by the address that received and rport have told it
calls secured "sip:linphone@$sip_ip" call
answered secured
over secured
expect_metric 'sip_tls_handshakes_total{result="up"}' 1
repro_stop
exec 6>&-
agent_end serve "$serve"
live_pass
