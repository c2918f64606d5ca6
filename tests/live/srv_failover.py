"""bob lives at the second target of far.test; the first is an address where nobody listens."""
from peer import Phone, PROXY, check, run


def place(transport):
    alice = Phone("alice", 2, transport)
    bob = Phone("bob", 3, transport, port=5060)
    uri = "sip:bob@far.test;transport=" + transport
    call = alice.request("INVITE", uri, headers=[("Route", "<sip:%s;lr>" % PROXY)])
    alice.send(call)
    invite = bob.expect("INVITE")
    check(invite.uri == uri, "the Request-URI is left alone")
    bob.answer(invite, 180)
    alice.expect(180)
    bob.answer(invite, 200)
    ok = alice.expect(200)
    alice.in_dialog("ACK", call, ok, 1)
    bob.expect("ACK")
    alice.in_dialog("BYE", call, ok, 2)
    bob.answer(bob.expect("BYE"), 200)
    alice.expect(200)
    alice.close()
    bob.close()


def test_udp_goes_on_to_the_second_target():
    place("udp")


def test_tcp_goes_on_to_the_second_target():
    place("tcp")


run([test_udp_goes_on_to_the_second_target, test_tcp_goes_on_to_the_second_target])
