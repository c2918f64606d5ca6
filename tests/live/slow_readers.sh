#!/bin/sh
# 1,000 TCP connections of which ten never read: the others see no added delay, and memory stays bounded.
. "$(dirname "$0")/live.sh"
need python3 curl
ulimit -n 4096 2>/dev/null || ulimit -n "$(ulimit -H -n)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 2200 ] || skip "fewer than 2,200 open files are allowed"

connections=$(divide 1000 40)
for threaded in true false; do
	repro_start DisableAuth=true LogLevel=WARNING ThreadedStack=$threaded
	play "$live_dir/slow_readers.py" "$connections" 1 "$repro_pid"
	sed "s/^/  /" "$room/slow_readers.log"
	repro_stop
	rm -f "$room"/repro.db* "$room/slow_readers.log"
done
live_pass
