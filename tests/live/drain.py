"""A call rings when the signal comes: drain.py TERM|INT PID. With TERM it still comes about, and a new one is refused."""
import os
import signal
import sys
from peer import Phone, check, run


def test_signal():
    kind, pid = sys.argv[1], int(sys.argv[2])
    alice, bob, carol = Phone("alice", 2), Phone("bob", 3), Phone("carol", 4)
    bob.register()
    call = alice.invite("bob")
    invite = bob.expect("INVITE")
    bob.answer(invite, 180)
    alice.expect(180)
    os.kill(pid, getattr(signal, "SIG" + kind))
    if kind == "INT":
        return
    refused = carol.invite("bob")
    answer = carol.receive()
    while answer is not None and answer.what in (100, 180):
        # It came before the signal was seen: it is a call of its own then, and the next one is not.
        carol = Phone("carol", 4, port=carol.port + 1)
        refused = carol.invite("bob")
        answer = carol.receive()
    check(answer is not None and answer.status == 503, "a new call while draining: %s" % (answer.start if answer else "silence"))
    check(answer.get("Retry-After"), "the 503 says when to come back")
    carol.ack_failure(refused, answer)
    bob.answer(invite, 200)
    alice.in_dialog("ACK", call, alice.expect(200), 1)


run([test_signal])
