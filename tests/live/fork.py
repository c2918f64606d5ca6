"""Forking: who rings, who wins, what goes back. RFC 3261 16.5 to 16.7."""
from peer import Phone, check, run

serial = 0


def callees(*qs):
    """Three phones of one new address of record."""
    global serial
    serial += 1
    aor = "callee%d" % serial
    phones = []
    for n, q in enumerate(qs):
        phones.append(Phone("%s-%d" % (aor, n), 3 + n, port=5070 + serial))
        phones[-1].register(q, aor=aor)
    return aor, phones


def caller():
    return Phone("caller%d" % serial, 2, port=5070 + serial)


def end_of_loser(phone, invite):
    """It is cancelled, says so, and its 487 is acknowledged."""
    phone.answer(phone.expect("CANCEL"), 200)
    phone.answer(invite, 487)
    check(phone.expect("ACK").get("CSeq") == invite.get("CSeq").split()[0] + " ACK", "the ACK has the INVITE's CSeq")


def talk(alice, invite, response, bob):
    alice.in_dialog("ACK", invite, response, 1)
    bob.expect("ACK")
    bye = alice.in_dialog("BYE", invite, response, 2)
    bob.answer(bob.expect("BYE"), 200)
    check(alice.expect(200).get("CSeq") == bye.get("CSeq"), "the 200 is the BYE's")


def test_first_200_wins_and_the_others_are_cancelled():
    aor, phones = callees(None, None, None)
    alice = caller()
    call = alice.invite(aor)
    invites = [p.expect("INVITE") for p in phones]
    for phone, invite in zip(phones, invites):
        phone.answer(invite, 180)
    for _ in phones:
        alice.expect(180)
    phones[1].answer(invites[1], 200)
    ok = alice.expect(200)
    end_of_loser(phones[0], invites[0])
    end_of_loser(phones[2], invites[2])
    talk(alice, call, ok, phones[1])
    alice.expect_silence(0)


def test_late_second_200_is_passed_on():
    aor, phones = callees(None, None, None)
    alice = caller()
    call = alice.invite(aor)
    invites = [p.expect("INVITE") for p in phones]
    phones[0].answer(invites[0], 180)
    alice.expect(180)
    phones[0].answer(invites[0], 200)
    first = alice.expect(200)
    phones[0].expect_silence(0)
    # The second crosses its CANCEL: a phone that rings has one, another may have none yet.
    phones[1].answer(invites[1], 200)
    second = alice.expect(200)
    check(first.get("To") != second.get("To"), "two dialogs")
    talk(alice, call, first, phones[0])
    # Of the second the caller wants nothing: ACK and BYE at once.
    phones[1].inbox = [m for m in phones[1].inbox if m.what != "CANCEL"]
    alice.in_dialog("ACK", call, second, 1)
    bye = alice.in_dialog("BYE", call, second, 2)
    got = [phones[1].receive() for _ in range(2)]
    while any(m is not None and m.what == "CANCEL" for m in got):
        phones[1].answer(next(m for m in got if m.what == "CANCEL"), 200)
        got = [m for m in got if m.what != "CANCEL"] + [phones[1].receive()]
    check(sorted(m.what for m in got if m) == ["ACK", "BYE"], "the second dialog is acknowledged and ended")
    phones[1].answer(next(m for m in got if m.what == "BYE"), 200)
    check(alice.expect(200).get("CSeq") == bye.get("CSeq"), "the 200 is the BYE's")


def test_6xx_ends_all():
    aor, phones = callees(None, None, None)
    alice = caller()
    call = alice.invite(aor)
    invites = [p.expect("INVITE") for p in phones]
    for phone, invite in zip(phones, invites):
        phone.answer(invite, 180)
    for _ in phones:
        alice.expect(180)
    phones[2].answer(invites[2], 603)
    phones[2].expect("ACK")
    end_of_loser(phones[0], invites[0])
    end_of_loser(phones[1], invites[1])
    alice.expect_failure(call, 603)


def test_q_orders_them_one_after_the_other():
    aor, phones = callees("0.3", "0.9", "0.3")
    alice = caller()
    call = alice.invite(aor)
    first = phones[1].expect("INVITE")
    phones[1].answer(first, 180)
    alice.expect(180)
    phones[0].expect_silence(0.2)
    phones[2].expect_silence(0)
    phones[1].answer(first, 486)
    phones[1].expect("ACK")
    invites = [phones[0].expect("INVITE"), phones[2].expect("INVITE")]
    phones[2].answer(invites[1], 180)
    alice.expect(180)
    phones[0].answer(invites[0], 180)
    alice.expect(180)
    phones[0].answer(invites[0], 200)
    ok = alice.expect(200)
    end_of_loser(phones[2], invites[1])
    talk(alice, call, ok, phones[0])


def test_busy_everywhere_gives_the_best_response():
    aor, phones = callees(None, None, None)
    alice = caller()
    call = alice.invite(aor)
    for phone, status in zip(phones, (503, 486, 487)):
        phone.answer(phone.expect("INVITE"), status)
        phone.expect("ACK")
    alice.expect_failure(call, 486)


def test_answer_of_one_among_busy_ones_counts():
    aor, phones = callees(None, None, None)
    alice = caller()
    call = alice.invite(aor)
    invites = [p.expect("INVITE") for p in phones]
    phones[0].answer(invites[0], 486)
    phones[0].expect("ACK")
    phones[1].answer(invites[1], 404)
    phones[1].expect("ACK")
    phones[2].answer(invites[2], 200)
    talk(alice, call, alice.expect(200), phones[2])


def test_caller_that_gives_up_cancels_all():
    aor, phones = callees(None, None, None)
    alice = caller()
    call = alice.invite(aor)
    invites = [p.expect("INVITE") for p in phones]
    for phone, invite in zip(phones, invites):
        phone.answer(invite, 180)
    for _ in phones:
        alice.expect(180)
    alice.cancel(call)
    check(alice.expect(200).method == "CANCEL", "the CANCEL is answered at once")
    for phone, invite in zip(phones, invites):
        end_of_loser(phone, invite)
    alice.expect_failure(call, 487)


run([f for n, f in sorted(globals().items()) if n.startswith("test_")])
