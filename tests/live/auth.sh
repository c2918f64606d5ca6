#!/bin/sh
# Passwords: phones with MD5 (sipp, baresip) and with SHA-256 (sipctl) register at one house, wrong ones never do, an INVITE is
# challenged with 407, and a user who is removed is out after a SIGHUP.
. "$(dirname "$0")/live.sh"
need sipp curl awk

# register NAME SCENARIO PASSWORD: a sipp; its exit status.
register() {
	sipp_run "$2-$1" "$2" "$sip_ip:5060" -s "$1" -i "$(ip 2)" -ci "$(ip 2)" -m 1 -key phone "$(ip 3):5070" -key parameter '' \
		-au "$1" -ap "$3" -recv_timeout $((patience * 1000))
	join "$spawned" $((patience + 5))
}

# ctl NAME PASSWORD ARGUMENT...: sipctl registers sip:NAME.
ctl() {
	ctl_name=$1 ctl_password=$2
	shift 2
	"$sipctl" register "sip:$ctl_name@$sip_ip" --user "$ctl_name" --password "$ctl_password" --timeout "$patience" "$@" \
		>"$room/sipctl.log" 2>&1
}

# contacts NAME: what the registrar knows of it, asked by itself, to whom nobody denies it.
expect_contacts() {
	ctl "$1" "$2" --verbose || fail "$1 cannot ask for its contacts"
	[ "$(grep -c '^Contact: ' "$room/sipctl.log")" = "$3" ] || fail "$1 has not $3 contacts"
}

add_user() { printf '%s\n' "$2" | repro "DatabasePath=$room" user add "$1@$sip_ip" || fail "cannot add $1"; }

for user in alice bob carol; do add_user $user "secret of $user"; done
add_user dave dave-secret
add_user eve wrong
repro "DatabasePath=$room" user list >"$room/users.log" || fail "cannot list the users"
[ "$(grep -c 'MD5 SHA-256' "$room/users.log")" = 5 ] || fail "five users are not listed"
repro_start DisableAuth=false Domains=example.test

say "a domain in capitals is the same domain"
repro "DatabasePath=$room" user add frank@Example.TEST --password frank-secret || fail "cannot add frank"
kill -HUP "$repro_pid"
expect_metric repro_users 6
for domain in example.test EXAMPLE.test; do
	"$sipctl" register "sip:frank@$domain" --proxy "sip:$sip_ip" --user frank --password frank-secret \
		--contact "sip:frank@$(ip 4)" >"$room/sipctl.log" 2>&1 || fail "frank of $domain did not register"
done
repro "DatabasePath=$room" user remove FRANK@example.test && fail "FRANK is not frank"
repro "DatabasePath=$room" user remove frank@example.TEST || fail "cannot remove frank"
kill -HUP "$repro_pid"
expect_metric repro_users 5

say "MD5: sipp"
register bob register_auth "secret of bob" || fail "sipp's MD5 phone did not register"
expect_contacts bob "secret of bob" 1
register carol register_denied "not the secret" || fail "a wrong password was not refused with 403"
expect_contacts carol "secret of carol" 0

say "SHA-256: sipctl"
ctl carol "not the secret" --contact "sip:carol@$(ip 4)" && fail "sipctl registered with a wrong password"
grep -q '^403' "$room/sipctl.log" || fail "a wrong password was not answered 403"
ctl carol "secret of carol" --contact "sip:carol@$(ip 4)" || fail "sipctl did not register"
expect_contacts carol "secret of carol" 1
ctl carol "secret of carol" --contact "sip:carol@$(ip 5)" --algorithm MD5 --transport tcp || fail "sipctl's MD5 did not register"
expect_contacts carol "secret of carol" 2
ctl alice "secret of bob" --contact "sip:alice@$(ip 4)" && fail "bob's password registered alice"
"$sipctl" register "sip:alice@$sip_ip" --user bob --password "secret of bob" --contact "sip:alice@$(ip 4)" \
	>"$room/sipctl.log" 2>&1 && fail "bob registered a contact of alice"
expect_contacts alice "secret of alice" 0

say "INVITE: 407"
sipp_run callee callee "$sip_ip:5060" -i "$(ip 3)" -ci "$(ip 3)" -p 5070 -m 1 -s bob
callee=$spawned
await_bound udp "$(ip 3):5070"
sipp_run caller caller_auth "$sip_ip:5060" -i "$(ip 2)" -ci "$(ip 2)" -p 5070 -m 1 -d 50 -s bob -au alice -ap "secret of alice" \
	-recv_timeout $((patience * 1000))
join "$spawned" $((patience + 5)) || fail "the call with a password failed"
join "$callee" "$patience" || fail "the callee ended with $?"

say "a user is removed"
repro "DatabasePath=$room" user remove "bob@$sip_ip" || fail "cannot remove bob"
kill -HUP "$repro_pid"
expect_metric repro_users 4
ctl bob "secret of bob" && fail "bob is removed and still in"
register bob register_denied "secret of bob" || fail "bob is removed and not refused with 403"

if command -v baresip >/dev/null; then
	say "MD5: baresip"
	baresip_start dave 6 "dave-secret"
	await "$patience" grep -q '200 OK' "$room/baresip-dave.log" || fail "baresip did not register"
	expect_contacts dave "dave-secret" 1
	baresip_start eve 7 "another"
	await "$patience" grep -q '403 Forbidden' "$room/baresip-eve.log" || fail "baresip was not refused"
	expect_contacts eve wrong 0
fi
repro_stop
live_pass
