"""In the dialog and before it: what only shows with a script. RFC 3261 16.6 steps 4 and 11, 16.10, 12.2."""
import sys
from peer import PROXY, Phone, check, run

TIMER_C = float(sys.argv[1])
port = 5070


def pair(caller_transport, callee_transport):
    """alice calls bob, who is registered under a name of this pair."""
    global port
    port += 1
    alice = Phone("alice%d" % port, 2, caller_transport, port)
    bob = Phone("bob%d" % port, 3, callee_transport, port)
    bob.register()
    return alice, bob


def routes(message):
    return [p for r in message.all("Record-Route") for p in r.split(", ")]


def establish(alice, bob):
    call = alice.invite(bob.user)
    invite = bob.expect("INVITE")
    bob.answer(invite, 180)
    check(routes(alice.expect(180)) == routes(invite), "the 180 has the route set of the INVITE")
    bob.answer(invite, 200)
    ok = alice.expect(200)
    check(routes(ok) == routes(invite), "the 200 has the route set of the INVITE")
    alice.in_dialog("ACK", call, ok, 1)
    check(not bob.expect("ACK").all("Route"), "our Routes are taken off")
    return call, invite, ok


def go_on(alice, bob, call, invite, ok):
    """re-INVITEs of both sides, then BYE from the callee, all by the route set."""
    alice.in_dialog("INVITE", call, ok, 2)
    again = bob.expect("INVITE")
    check(not again.all("Route"), "our Routes are taken off the re-INVITE")
    check(again.uri == bob.contact, "the re-INVITE goes to the remote target")
    bob.answer(again, 200)
    alice.in_dialog("ACK", call, alice.expect(200), 2)
    bob.expect("ACK")
    bob.from_callee("INVITE", invite, 1)
    again = alice.expect("INVITE")
    check(again.uri == alice.contact, "the callee's re-INVITE goes to the caller's target")
    alice.answer(again, 488)
    refused = bob.expect(488)
    check(refused.get("CSeq") == "1 INVITE", "the 488 is the re-INVITE's")
    alice.expect("ACK")
    bob.ack_failure(bob.last, refused)
    bob.from_callee("BYE", invite, 2)
    alice.answer(alice.expect("BYE"), 200)
    check(bob.expect(200).get("CSeq") == "2 BYE", "the 200 is the BYE's")
    alice.close()
    bob.close()


def test_one_transport_one_record_route():
    for transport in ("udp", "tcp"):
        alice, bob = pair(transport, transport)
        call, invite, ok = establish(alice, bob)
        check(len(routes(invite)) == 1, "one Record-Route: %s" % routes(invite))
        check(";lr" in routes(invite)[0], "loose routing")
        go_on(alice, bob, call, invite, ok)


def test_two_transports_two_record_routes():
    for way in (("udp", "tcp"), ("tcp", "udp")):
        alice, bob = pair(*way)
        call, invite, ok = establish(alice, bob)
        check(len(routes(invite)) == 2, "two Record-Routes: %s" % routes(invite))
        towards_bob, towards_alice = routes(invite)
        check(("transport=tcp" in towards_bob) == (way[1] == "tcp"), "the upper one is the callee's side: " + towards_bob)
        check(("transport=tcp" in towards_alice) == (way[0] == "tcp"), "the lower one is the caller's side: " + towards_alice)
        go_on(alice, bob, call, invite, ok)


def test_cancel_before_an_answer():
    alice, bob = pair("udp", "tcp")
    call = alice.invite(bob.user)
    invite = bob.expect("INVITE")
    bob.answer(invite, 180)
    alice.expect(180)
    alice.cancel(call)
    check(alice.expect(200).method == "CANCEL", "the CANCEL has its 200")
    cancel = bob.expect("CANCEL")
    check(cancel.uri == invite.uri and cancel.branch == invite.branch, "the CANCEL is the INVITE's")
    bob.answer(cancel, 200)
    bob.answer(invite, 487)
    bob.expect("ACK")
    alice.expect_failure(call, 487)


def test_timer_c_ends_what_only_rings():
    alice, bob = pair("udp", "udp")
    call = alice.invite(bob.user)
    invite = bob.expect("INVITE")
    bob.answer(invite, 180)
    alice.expect(180)
    alice.expect_silence(TIMER_C * 0.6)
    bob.answer(bob.expect("CANCEL", TIMER_C + 20), 200)
    bob.answer(invite, 487)
    bob.expect("ACK")
    response = alice.receive()
    check(response is not None and response.status in (408, 487), "the caller hears the end")
    alice.ack_failure(call, response)


def test_unknown_dialog_is_for_the_callee_to_refuse():
    alice, bob = pair("udp", "udp")
    bye = alice.request("BYE", bob.contact, "<sip:%s@%s>;tag=none" % (bob.user, PROXY),
                        [("Route", "<sip:%s;lr>" % PROXY)])
    alice.send(bye)
    bob.answer(bob.expect("BYE"), 481)
    alice.expect(481)


run([f for n, f in sorted(globals().items()) if n.startswith("test_")])
