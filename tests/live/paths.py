"""What repro calls itself, and which transport large requests take. RFC 3261 18.1.1, 16.6 steps 4 and 8, 16.4."""
import sys
import time
from peer import PATIENCE, Phone, check, run

NAME = "sip.example.test:5099"
NEWCOMER = "198.51.100.7"


def advertised():
    alice, bob = Phone("alice", 2), Phone("bob", 3)
    bob.register()
    call = alice.invite("bob")
    invite = bob.expect("INVITE")
    check(invite.all("Via")[0].startswith("SIP/2.0/UDP %s;" % NAME), "the Via names us: " + invite.all("Via")[0])
    check(invite.get("Record-Route") == "<sip:%s;lr>" % NAME, "so does the Record-Route: " + invite.get("Record-Route"))
    bob.answer(invite, 200)
    alice.in_dialog("ACK", call, alice.expect(200), 1)
    check(not bob.expect("ACK").all("Route"), "a Route that names us is ours")
    bob.from_callee("BYE", invite, 2)
    bye = alice.expect("BYE")
    check(not bye.all("Route"), "from the other side too")
    alice.answer(bye, 200)
    bob.expect(200)
    alice.send(alice.request("OPTIONS", "sip:" + NAME))
    alice.expect(200)


def send_large(alice):
    message = alice.request("MESSAGE", "sip:bob@" + alice.proxy[0], headers=[("Content-Type", "text/plain")], body=b"x" * 1500)
    alice.send(message)


def pair(has_tcp):
    alice, bob = Phone("alice", 2), Phone("bob", 3)
    bob.register()
    return alice, bob, Phone("bob", 3, "tcp") if has_tcp else None


def arrives(has_tcp, expected):
    alice, bob, tcp = pair(has_tcp)
    send_large(alice)
    there = tcp if expected == "TCP" else bob
    message = there.expect("MESSAGE")
    check(message.all("Via")[0].startswith("SIP/2.0/" + expected), "its Via says so: " + message.all("Via")[0])
    there.answer(message, 200)
    alice.expect(200)
    for phone in alice, bob, tcp:
        if phone:
            phone.close()


def size_fallback():
    arrives(True, "TCP")
    arrives(False, "UDP")


def size_on():
    arrives(True, "TCP")
    alice, bob, _ = pair(False)
    send_large(alice)
    refused = alice.receive()
    while refused is not None and refused.status < 200:
        refused = alice.receive()
    check(refused is not None and refused.status >= 500, "it is refused")
    bob.expect_silence(0.2)


def size_off():
    arrives(True, "UDP")


def answer():
    alice = Phone("alice", 2)
    alice.send(alice.request("OPTIONS", "sip:" + NEWCOMER))
    response = alice.receive()
    while response is not None and response.status < 200:
        response = alice.receive()
    alice.close()
    return response.status if response else 0


def own():
    end = time.monotonic() + PATIENCE
    while answer() != 200:
        check(time.monotonic() < end, "the new address is ours as soon as the kernel has told")


def stranger():
    end = time.monotonic() + PATIENCE
    while answer() == 200:
        check(time.monotonic() < end, "an address that is not this host's is not ours")


run([globals()[sys.argv[1]]])
