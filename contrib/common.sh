# Shared by run-repro and run-tests: sourced, not run.

top=$(cd "$(dirname "$0")/.." && pwd)

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# libtool is a shell script that runs once a file, and dash starts several times faster than bash.
[ ! -x /bin/dash ] || export CONFIG_SHELL=/bin/dash

# Installs with apt whatever packages of these kinds are missing.
install_missing() {
	command -v apt-get >/dev/null || return 0
	missing=
	for kind in "$@"; do
		for package in $(sed -n "s/^$kind //p" "$top/contrib/packages"); do
			dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
		done
	done
	[ -z "$missing" ] && return 0
	root=
	[ "$(id -u)" = 0 ] || root=sudo
	[ -z "$root" ] || command -v sudo >/dev/null || die "these packages are missing, and there is no sudo: apt-get install$missing"
	say "Installing:$missing"
	# What tests start themselves is not to run as a service.
	case "$missing " in
	*" kamailio "*) [ ! -d /run/systemd/system ] || $root systemctl mask kamailio.service ;;
	esac
	$root apt-get update -q >/dev/null || die "apt-get update failed: is the network there?"
	DEBIAN_FRONTEND=noninteractive $root apt-get install -qy --no-install-recommends $missing >/dev/null ||
		die "apt-get install failed:$missing"
}

# configure_in DIR OPTION...: an out-of-tree build, configured once.
configure_in() {
	dir=$1
	shift
	[ -x "$top/configure" ] && [ "$top/configure" -nt "$top/configure.ac" ] || (cd "$top" && ./autogen.sh >/dev/null 2>&1) ||
		die "autogen.sh failed: run it to see why"
	mkdir -p "$dir"
	if [ ! -f "$dir/Makefile" ] || [ "$(cat "$dir/.options" 2>/dev/null)" != "$*" ]; then
		(cd "$dir" && "$top/configure" --quiet "$@" >configure.out 2>&1) || { tail -5 "$dir/configure.out" >&2; die "configure failed in $dir"; }
		printf '%s' "$*" >"$dir/.options"
	fi
}

jobs() { nproc 2>/dev/null || echo 1; }
