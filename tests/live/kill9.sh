#!/bin/sh
# 10,000 phones register; the moment the last one has its 200 repro is killed. After the restart every binding is there.
. "$(dirname "$0")/live.sh"
need python3 curl awk

count=$(divide "$([ -n "${STROWGER_FULL:-}" ] && echo 10000 || echo 5000)" 100)
layouts="true false"
[ "$slow" -lt 50 ] || layouts=true
for threaded in $layouts; do
	repro_start DisableAuth=true LogLevel=NOTICE ThreadedStack=$threaded
	play "$live_dir/kill9.py" register "$count"
	kill -KILL "$repro_pid"
	join "$repro_pid" "$patience"
	repro_is_clean || fail "repro made a report"
	repro_start DisableAuth=true LogLevel=NOTICE ThreadedStack=$threaded
	expect_metric repro_bindings "$count"
	expect_metric repro_aors "$count"
	play "$live_dir/kill9.py" query "$count"
	repro_stop
	rm -f "$room"/repro.db*
done
live_pass
