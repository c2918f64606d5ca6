# Sourced by every live test: starts repro and its peers on a loopback address of this test's own, waits for events with a
# deadline, and leaves nothing behind. Plain sh. The test's working folder is $room; everything a test starts logs there.

live_dir=$(dirname "$0")
top_builddir=${top_builddir:-.}
# program PATH: what libtool has wrapped in a script, without the script, which costs more than most of what it starts.
program() { [ -x "${1%/*}/.libs/${1##*/}" ] && printf %s "${1%/*}/.libs/${1##*/}" || printf %s "$1"; }
repro_program=$(program "$top_builddir/repro/runner/repro")
sipctl=$(program "$top_builddir/contrib/sipctl/sipctl")
# Servers are where a user's PATH need not lead.
PATH=$PATH:/usr/sbin:/sbin
# The first python3 may be a script that looks for one.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
slow=${STROWGER_SLOW:-1}
[ "$slow" -ge 1 ] 2>/dev/null || slow=1
subject=$(basename "$0" .sh)

# Every process id has seven addresses of its own in 127.0.0.0/8, so no port is ever taken: the first is repro's, the others
# are for peers.
base=$(($$ % 2097152 * 8 ^ 4194304))
ip() { printf '127.%d.%d.%d' $((base / 65536)) $((base / 256 % 256)) $((base % 256 + $1)); }
sip_ip=$(ip 1)
http=http://$sip_ip:5080

room=$(mktemp -d "${TMPDIR:-/tmp}/strowger-$subject.XXXXXX") || exit 99
export LD_LIBRARY_PATH="$top_builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export PYTHONDONTWRITEBYTECODE=1 LIVE_IP="$sip_ip" LIVE_BASE="$base" LIVE_ROOM="$room" STROWGER_SLOW="$slow"
live_pids=
repro_pid=
repro_log=$room/repro.log
live_ok=
live_mounted=

say() { printf '%s: %s\n' "$subject" "$*"; }
skip() { say "skipped: $*"; live_ok=yes; exit 77; }
fail() { say "FAILED: $*"; exit 1; }
need() { for program in "$@"; do command -v "$program" >/dev/null || skip "there is no $program"; done; }
# divide N: fewer of what only repeats, in builds that are slow.
divide() { n=$(($1 / slow)); [ "$n" -ge "${2:-1}" ] || n=${2:-1}; printf '%s' "$n"; }
# my_share: true each time in full builds; of those that share the work (STROWGER_SHARE=2,4/5) in its turn.
share=${STROWGER_SHARE:-1/1}
turn=0
my_share() {
	turn=$((turn % ${share#*/} + 1))
	case ",${share%/*}," in *",$turn,"*) return 0 ;; esac
	return 1
}
# in_turn K: this test as a whole in full builds, and where the work is shared in the K-th share.
in_turn() {
	[ "${share#*/}" -ne 1 ] || return 0
	case ",${share%/*}," in *",$1,"*) return 0 ;; esac
	skip "a build with another share has its turn"
}
# Seconds to wait at most for what takes a moment.
patience=$((10 + (slow > 1 ? 30 : 0)))

# What waits asks often: so with what the shell has built in. A process more costs as much as a call.
# now: seconds in $now.
now() {
	read -r now now_rest </proc/uptime
	now=${now%.*}
}

# is_alive PID: runs, and is no zombie that waits for us.
is_alive() {
	{ read -r is_alive_stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	case $is_alive_stat in *') Z '*) return 1 ;; esac
}

# await SECONDS COMMAND...: true as soon as the command is; false after so long. It is asked less often the longer it takes.
await() {
	now
	await_end=$((now + $1)) await_round=0
	shift
	until "$@" >/dev/null 2>&1; do
		now
		[ "$now" -le "$await_end" ] || return 1
		await_round=$((await_round + 1))
		case $await_round in
		? | 1?) sleep 0.05 ;;
		*) sleep 0.15 ;;
		esac
	done
}

# spawn NAME COMMAND...: in the background, its output in $room/NAME.log, its process id in $spawned; dies with this shell.
spawn() {
	spawn_log=$room/$1.log
	shift
	if [ -n "$live_leash" ]; then
		setpriv --pdeathsig KILL "$@" >>"$spawn_log" 2>&1 </dev/null &
	else
		"$@" >>"$spawn_log" 2>&1 </dev/null &
	fi
	spawned=$!
	live_pids="$live_pids $spawned"
}
live_leash=
setpriv --pdeathsig KILL true 2>/dev/null && live_leash=yes

# join PID SECONDS: waits for its end; its exit status, 124 when it does not come.
join() {
	is_alive "$1" && sleep 0.03
	! is_alive "$1" || timeout "$2" tail --pid="$1" -s 0.03 -f /dev/null
	is_alive "$1" && return 124
	wait "$1"
}

live_end() {
	status=$?
	trap '' EXIT INT TERM HUP
	for pid in $live_pids; do
		is_alive "$pid" || continue
		children= # the list has no line end
		read -r children <"/proc/$pid/task/$pid/children"
		kill -KILL "$pid" $children 2>/dev/null
	done
	for pid in $live_pids; do wait "$pid" 2>/dev/null; done
	if [ -z "$live_ok" ]; then
		[ "$status" -ne 0 ] || status=1
		for log in "$room"/*.log; do
			[ -s "$log" ] || continue
			echo "---- ${log##*/}"
			if grep -q 'Scenario Screen' "$log"; then
				grep -A 20 'Messages  Retrans' "$log" | grep -B 20 -m 1 'Test Terminated'
			else
				tail -n 50 "$log" | cut -c 1-300
			fi
		done
	fi
	[ -z "$live_mounted" ] || umount "$live_mounted" 2>/dev/null || umount -l "$live_mounted"
	[ -n "${LIVE_KEEP:-}" ] && say "kept: $room" || rm -rf "$room"
	exit "$status"
}
trap live_end EXIT
trap 'exit 1' INT TERM HUP

# ---- repro ------------------------------------------------------------------------------------------------------------------

# repro COMMAND-LINE...: repro's program on this test's address and database, in the foreground.
repro() {
	$live_in_front "$repro_program" "$@"
}
live_in_front=
[ -z "${STROWGER_VALGRIND:-}" ] || ! command -v valgrind >/dev/null || live_in_front="valgrind --quiet --error-exitcode=99\
 --leak-check=full --errors-for-leak-kinds=definite,indirect"
# A machine that has others to serve makes late, a slow build is it all the time: neither is to be said by 503.
house="IPAddress=$sip_ip HttpBindAddress=$sip_ip EnableIPv6=false DatabasePath=$room LogLevel=DEBUG CongestionManagementTolerance=5000"
[ "$slow" -eq 1 ] || house="$house CongestionManagement=false"

repro_is_ready() { curl -sf -m 2 "$http/readyz"; }
repro_is_ready_or_gone() { repro_is_ready || ! is_alive "$repro_pid"; }
repro_is_bound_or_gone() { is_bound tcp "$sip_ip:5080" || ! is_alive "$repro_pid"; }

# repro_start [Name=Value...]: returns when it is ready; fails the test when it is not.
repro_start() {
	# shellcheck disable=SC2086
	spawn repro $live_in_front "$repro_program" $house "$@"
	repro_pid=$spawned
	await "$patience" repro_is_bound_or_gone
	await "$patience" repro_is_ready_or_gone && is_alive "$repro_pid" || fail "repro is not ready"
}

repro_is_clean() {
	! grep -E 'AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|^==[0-9]+==|^panic' "$repro_log"
}

# repro_stop [SIGNAL]: stops it and fails the test unless it ends with 0 and nothing has been found by a sanitizer.
repro_stop() {
	kill -"${1:-INT}" "$repro_pid" || fail "repro is gone already"
	join "$repro_pid" $((patience + 20))
	repro_status=$?
	repro_pid=
	repro_is_clean || fail "repro made a report"
	[ "$repro_status" -eq 0 ] || fail "repro ended with $repro_status"
}

# metric NAME: its value, as the metrics page has it: metric 'repro_bindings'.
metric() { curl -sf -m "$patience" "$http/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }
expect_metric() { await "$patience" metric_is "$1" "$2" || fail "$1 is $(metric "$1"), expected $2"; }

# authority: one that signs certificates of this test, $room/ca.pem. leaf NAME SERIAL: a certificate of it with the names that $room/names
# has, $room/NAME.pem and $room/NAME.key. certificate NAMES: both, $room/own.pem with these names (DNS:a.test,IP:127.0.0.1).
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$room/ca.key" -subj /CN=ca -days 30 \
		-out "$room/ca.pem" 2>/dev/null || fail "no authority"
}
leaf() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$room/$1.key" -subj /CN=a.test \
		-out "$room/$1.csr" 2>/dev/null &&
		openssl x509 -req -in "$room/$1.csr" -CA "$room/ca.pem" -CAkey "$room/ca.key" -set_serial "$2" -days 30 \
			-extfile "$room/names" -out "$room/$1.pem" 2>/dev/null || fail "no certificate $1"
}
certificate() {
	printf 'subjectAltName=%s\n' "$1" >"$room/names"
	authority
	leaf own 1
}

# ---- peers ------------------------------------------------------------------------------------------------------------------

# sipp_run NAME SCENARIO ARGUMENT...: a sipp with its statistics in $room/NAME.csv and its errors in $room/NAME.err.log.
sipp_run() {
	sipp_name=$1
	sipp_scenario=$live_dir/sipp/$2.xml
	shift 2
	spawn "$sipp_name" sipp -sf "$sipp_scenario" -nostdin -bind_local -trace_stat -stf "$room/$sipp_name.csv" -fd 1 \
		-trace_err -error_file "$room/$sipp_name.err.log" "$@"
}

# sipp_stat NAME COLUMN: a figure of its last line of statistics.
sipp_stat() {
	awk -F ';' -v want="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) at = i } END { print $at + 0 }' \
		"$room/$1.csv"
}

# sipp_wants NAME COLUMN FIGURE
sipp_wants() {
	[ "$(sipp_stat "$1" "$2")" = "$3" ] || fail "$1: $2 is $(sipp_stat "$1" "$2"), expected $3"
}

# baresip_start USER N PASSWORD [ACCOUNT-PARAMETERS]: a baresip without sound on $(ip N), its trace in $room/baresip-USER.log; its
# control port is 4444 of the same address.
baresip_start() {
	mkdir -p "$room/$1"
	cat >"$room/$1/config" <<EOF
poll_method epoll
sip_listen $(ip "$2"):5070
net_interface $(ip "$2")
module_path $(dirname "$(find /usr/lib /usr/local/lib -path '*baresip/modules/menu.so' 2>/dev/null | head -1)")
module g711.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen $(ip "$2"):4444
audio_player aufile,$room/$1/heard.wav
audio_source aufile,$room/$1/said.wav
audio_alert aufile,$room/$1/alert.wav
EOF
	printf '<sip:%s@%s;transport=udp>;auth_user=%s;auth_pass=%s;regint=60%s\n' "$1" "$sip_ip" "$1" "$3" "${4:-}" \
		>"$room/$1/accounts"
	: >"$room/$1/contacts"
	# Ten seconds of silence: 80,000 samples of 16 bits, 8,000 a second.
	{
		printf 'RIFF\244\161\002\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000'
		printf 'data\000\161\002\000'
		head -c 160000 /dev/zero
	} >"$room/$1/said.wav"
	spawn "baresip-$1" baresip -f "$room/$1" -s
}

# A datagram socket or a listener is bound on address:port of udp or tcp.
is_bound() {
	is_bound_table=/proc/net/$1 is_bound_ifs=$IFS
	IFS=.:
	# shellcheck disable=SC2086
	set -- $2
	IFS=$is_bound_ifs
	grep -q "$(printf ' %02X%02X%02X%02X:%04X 00000000:0000' "$4" "$3" "$2" "$1" "$5")" "$is_bound_table"
}
await_bound() { await "$patience" is_bound "$1" "$2" || fail "nobody listens on $1 $2"; }

# agent NAME WORD...: tests/interop/dum_agent in the background, what it says in $room/NAME.log, its process id in $spawned. It ends
# when what it was started for is over, or by agent_end.
agent_program=$top_builddir/tests/interop/dum_agent
agent() {
	agent_name=$1
	shift
	mkfifo "$room/$agent_name.in"
	spawn "$agent_name.in" /bin/sh -c 'exec sleep 600 >"$0"' "$room/$agent_name.in"
	echo "$spawned" >"$room/$agent_name.holder"
	# shellcheck disable=SC2086
	spawn "$agent_name" /bin/sh -c 'exec "$@" <"$0"' "$room/$agent_name.in" $live_in_front "$agent_program" "$@"
}
agent_says() { [ "$(grep -cE "$2" "$room/$1.log")" -ge "${3:-1}" ]; }
# expect_agent NAME EXPRESSION [TIMES]
expect_agent() { await "$patience" agent_says "$@" || fail "the agent $1 did not say: $2"; }
# agent_over NAME PID: it ends by itself, with 0, and had nothing left.
agent_over() {
	join "$2" $((patience + 10)) || fail "the agent $1 ended with $?"
	agent_says "$1" '^down' || fail "the agent $1 had something left"
	! agent_says "$1" 'Sanitizer|runtime error:|^==[0-9]+==|must be true|^deed' || fail "the agent $1 made a report"
}
agent_end() {
	kill "$(cat "$room/$1.holder")"
	agent_over "$@"
}

# play FILE.py ARGUMENT...: a script of peers (see peer.py); its last words when it fails.
play() {
	play_name=$(basename "$1" .py)
	spawn "$play_name" "$python" "$@"
	join "$spawned" $((60 * (slow > 1 ? 5 : 1))) || fail "$(tail -n 1 "$room/$play_name.log")"
}

live_pass() { live_ok=yes; say ok; exit 0; }
