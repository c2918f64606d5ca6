"""RFC 3261 9, 13, 16.7, 17, RFC 4320, RFC 6026: calls, their cancelling, and everything sent twice or late."""
import re

from bench import QUIET, arrives, arrives_after, ask, call, check, expect, final, must, provisional, silence
from wire import PATIENCE, Failed, Message, ack, answer, cancel, request, response, unique


def ringing(h, **o):
    """An INVITE that rings: caller, callee, the INVITE as sent and as it came."""
    callee, aor = h.user()
    caller = h.udp()
    raw = request(caller, "INVITE", aor, **o)
    caller.send(raw)
    came = arrives(callee, "INVITE")
    answer(callee, came, 180, tag="ring")
    provisional(caller, 180)
    return caller, callee, raw, came


def in_dialog(caller, callee, method, sent, ok, branch=None, extra=()):
    routes = ["Route: " + r for r in reversed(ok.all("Record-Route"))]
    return request(caller, method, re.sub(r"[<>]", "", ok.get("Contact")), to=ok.get("To"), frm=sent.get("From"),
                   call_id=sent.get("Call-ID"), cseq=1 if method == "ACK" else 2, branch=branch, extra=routes + list(extra))


@check("3261 16", "a whole call: INVITE, 180, 200, ACK, re-INVITE, BYE along the Record-Route")
def whole_call(h):
    callee, aor = h.user()
    caller = h.udp()
    sent, came, ok = call(caller, callee, aor, body=b"v=0\r\n", extra=["Content-Type: application/sdp"])
    must(len(came.all("Record-Route")) == 1 and h.addr in came.get("Record-Route") and ";lr" in came.get("Record-Route"),
         "Record-Route", came)
    must(ok.all("Record-Route") == came.all("Record-Route"), "it comes back as it was", ok)
    caller.send(in_dialog(caller, callee, "ACK", sent, ok))
    m = arrives(callee, "ACK")
    must(not m.all("Route") and m.uri == "sip:callee@" + callee.addr and len(m.all("Via")) == 2, "the ACK", m)
    for method in ("INVITE", "INFO", "UPDATE", "BYE"):
        caller.send(in_dialog(caller, callee, method, sent, ok))
        m = arrives(callee, method)
        must(not m.all("Route") and m.uri == "sip:callee@" + callee.addr, "in the dialog", m)
        answer(callee, m, 200, extra=["Contact: <sip:callee@%s>" % callee.addr])
        expect(caller, 200)


@check("3261 12.2", "BYE from the callee finds the caller")
def bye_back(h):
    callee, aor = h.user()
    caller = h.udp()
    sent, came, ok = call(caller, callee, aor)
    callee.at = h.at
    callee.send(request(callee, "BYE", re.sub(r"[<>]", "", sent.get("Contact")), to=sent.get("From"), frm=ok.get("To"),
                        call_id=sent.get("Call-ID"), extra=["Route: " + r for r in came.all("Record-Route")]))
    answer(caller, arrives(caller, "BYE"), 200)
    expect(callee, 200)


@check("3261 16.7.5", "100 is not forwarded, 180 and 183 are, each time")
def provisionals(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "INVITE", aor))
    came = arrives(callee, "INVITE")
    answer(callee, came, 100, extra=["X-Of: the callee"])
    m = caller.get(QUIET)  # nothing; on a slow machine it may be our own 100
    must(m is None or (m.status == 100 and not m.get("X-Of")), "a 100 of the callee", m)
    answer(callee, came, 180)
    provisional(caller, 180)
    answer(callee, came, 180)
    provisional(caller, 180)
    answer(callee, came, 183, tag="fork2")
    must(provisional(caller, 183).tag("To") == "fork2", "its tag")
    answer(callee, came, 199)
    provisional(caller, 199)


@check("3261 17.2.1", "an INVITE without answer gets our 100 within 200 ms, with its Timestamp")
def trying(h):
    m = None
    for _ in range(3):  # a busy machine may be late once, a wrong timer is late each time
        callee, aor = h.user()
        caller = h.udp()
        caller.send(request(caller, "INVITE", aor, extra=["Timestamp: 54.25"]))
        arrives(callee, "INVITE")
        try:
            m = provisional(caller, 100, timeout=0.4)
            break
        except Failed:
            continue
    must(m, "a 100 in time, once in three")
    must(m.get("Timestamp").startswith("54.25") and not m.tag("To"), "Timestamp, no To tag", m)


@check("4320 4.1", "a non-INVITE gets no 100")
def no_trying(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    arrives(callee, "OPTIONS")
    silence(caller, timeout=0.35)


@check("4320 4.2", "no late 408 for a non-INVITE; an INVITE nobody answers is 408", house="quick")
def timeouts(h):
    callee, aor = h.user()
    caller, other = h.udp(), h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    other.send(request(other, "INVITE", aor))
    expect(other, 408, timeout=2 * PATIENCE)
    silence(caller, timeout=0.2)


@check("3261 17.1.1.2", "INVITE is sent again until a provisional comes, OPTIONS until a final", house="quick")
def resent(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "INVITE", aor))
    came = [arrives(callee, "INVITE") for _ in range(3)]
    must(len({m.raw for m in came}) == 1, "the same bytes")
    answer(callee, came[0], 180)
    while callee.get(0.1):
        pass
    silence(callee, timeout=0.4)
    answer(callee, came[0], 486)
    arrives(callee, "ACK")
    answer(callee, came[0], 486)
    arrives(callee, "ACK")
    expect(caller, 486)


@check("3261 17.2.1", "a failure is sent again until the ACK comes, then no more", house="quick")
def failure_again(h):
    callee, aor = h.user()
    caller = h.udp()
    raw = request(caller, "INVITE", aor)
    caller.send(raw)
    came = arrives(callee, "INVITE")
    answer(callee, came, 486)
    first = expect(caller, 486)
    must(expect(caller, 486).raw == first.raw, "again")
    ack(caller, first, raw)
    while caller.get(0.05):
        pass
    silence(caller, timeout=0.3)
    arrives_after(callee, "ACK", came)
    silence(callee, "the caller's ACK goes no further")


@check("3261 17.2.1", "an INVITE sent again while it rings brings the last provisional, and is not forwarded")
def invite_again(h):
    caller, callee, raw, came = ringing(h)
    for _ in range(3):
        caller.send(raw)
        provisional(caller, 180)
    silence(callee)
    answer(callee, came, 200)
    expect(caller, 200)


@check("6026 7.1", "an INVITE sent again after the 200 is absorbed; a 200 sent again is forwarded")
def accepted(h):
    caller, callee, raw, came = ringing(h)
    answer(callee, came, 200)
    expect(caller, 200)
    caller.send(raw)
    silence(callee)
    for _ in range(2):
        while caller.get(0.02):
            pass
        answer(callee, came, 200)
        expect(caller, 200)


@check("6026 7.1", "a 200 with another To tag, and a late 180, after the 200")
def second_200(h):
    caller, callee, raw, came = ringing(h)
    answer(callee, came, 200, tag="one")
    expect(caller, 200)
    answer(callee, came, 200, tag="two")
    must(expect(caller, 200).tag("To") == "two", "the second dialog")
    answer(callee, came, 180, tag="three")
    silence(caller, "no 180 after the 200", besides=(200,))


@check("3261 16.7.5", "forks: every 200 goes back, the others are cancelled with a reason")
def fork_200(h):
    a, b = h.udp(), h.udp()
    aor = h.bind("<sip:c@%s>" % a.addr, "<sip:c@%s>" % b.addr)
    caller = h.udp()
    caller.send(request(caller, "INVITE", aor))
    ia, ib = arrives(a, "INVITE"), arrives(b, "INVITE")
    answer(a, ia, 180)
    answer(b, ib, 180)
    answer(a, ia, 200, tag="a")
    must(expect(caller, 200).tag("To") == "a", "the first")
    m = arrives(b, "CANCEL")
    must(m.branch() == ib.branch() and len(m.all("Via")) == 1 and m.uri == ib.uri, "of its INVITE", m)
    must("200" in m.get("Reason"), "with its reason", m)
    answer(b, ib, 200, tag="b")
    must(expect(caller, 200).tag("To") == "b", "the second as well")


@check("3261 16.7.6", "the best of the failures goes back once: lowest class, 6xx before all")
def best(h):
    for statuses, wanted in (((404, 486), (404, 486)), ((503, 486), (486,)), ((603, 404), (603,)), ((500, 302), (302,)),
                             ((408, 486), (486,)), ((503, 503), (500, 503))):
        peers = [h.udp() for _ in statuses]
        aor = h.bind(*["<sip:c@%s>" % p.addr for p in peers])
        caller = h.udp()
        raw = request(caller, "INVITE", aor)
        caller.send(raw)
        came = [arrives(p, "INVITE") for p in peers]
        for p, m, status in zip(peers, came, statuses):
            answer(p, m, 180)
        for p, m, status in zip(peers, came, statuses):
            answer(p, m, status, extra=["Contact: <sip:x@else.invalid>"] if status == 302 else [])
        m = expect(caller, *wanted)
        ack(caller, m, raw)
        silence(caller, besides=(m.raw,))


@check("3261 16.7.7", "challenges of all branches are gathered, unchanged")
def challenges(h):
    peers = [h.udp() for _ in range(3)]
    aor = h.bind(*["<sip:c@%s>" % p.addr for p in peers])
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    came = [arrives(p, "OPTIONS") for p in peers]
    lines = ["WWW-Authenticate: Digest realm=\"a, b\", nonce=\"1\"", "Proxy-Authenticate: Digest realm=\"c\",nonce=\"2\"",
             "WWW-Authenticate: Digest realm=\"d\",\t nonce=\"3\""]
    for p, m, status, line in zip(peers, came, (401, 407, 401), lines):
        answer(p, m, status, extra=[line])
    m = expect(caller, 401, 407)
    got = m.all("WWW-Authenticate") + m.all("Proxy-Authenticate")
    must(len(got) == 3 and all(line.split(": ", 1)[1] in got for line in lines), "all three", m)


@check("3261 16.7", "responses with a Via of nobody, of another method or with no such status are dropped")
def bad_responses(h):
    caller, callee, raw, came = ringing(h)
    vias = came.all("Via")
    answer(callee, came, 200, via=["SIP/2.0/UDP 192.0.2.9:1;branch=" + came.branch()] + vias[1:])
    silence(caller, "the top Via is not ours")
    answer(callee, came, 200, cseq="1 OPTIONS")
    silence(caller, "another method")
    callee.send(response(came, 200).replace(b"SIP/2.0 200", b"SIP/2.0 999"), came.source)
    callee.send(response(came, 200).replace(b"SIP/2.0 200", b"SIP/2.0 20"), came.source)
    callee.send(response(came, 200).replace(b"SIP/2.0 200", b"SIP/7.0 200"), came.source)
    silence(caller, "no such status")
    answer(callee, came, 200)
    expect(caller, 200)


@check("3261 16.7.3", "a final response without the caller's Via still ends the request")
def final_without_via(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    came = arrives(callee, "OPTIONS")
    answer(callee, came, 404, via=came.all("Via")[:1])
    answer(callee, came, 200)
    expect(caller, 200, 404, 500, 502)


@check("3261 16.7", "odd but good: a 299, a 699, no reason phrase, a reason in UTF-8, Via lines folded")
def odd_responses(h):
    for status in (299, 499, 599, 699):
        callee, aor = h.user()
        caller = h.udp()
        raw = request(caller, "INVITE", aor)
        caller.send(raw)
        came = arrives(callee, "INVITE")
        answer(callee, came, status, reason="" if status == 499 else "J\u00e4", via=[", ".join(came.all("Via")).replace(",", ",\r\n ")])
        ack(caller, expect(caller, status), raw)


# ---- CANCEL ----

@check("3261 9.2", "CANCEL of a ringing INVITE: 200, CANCEL to the callee with its Reason, 487, ACK")
def cancel_ringing(h):
    caller, callee, raw, came = ringing(h)
    caller.send(cancel(raw, extra=["Reason: SIP;cause=600;text=\"Busy Everywhere\", Q.850;cause=17"]))
    expect(caller, 200)
    m = arrives(callee, "CANCEL")
    must(m.branch() == came.branch() and len(m.all("Via")) == 1 and m.uri == came.uri and not m.all("Record-Route"),
         "made of the INVITE", m)
    must("cause=600" in m.get("Reason"), "RFC 3326: its Reason", m)
    answer(callee, m, 200)
    answer(callee, came, 487)
    final_487 = expect(caller, 487)
    ack(caller, final_487, raw)
    arrives(callee, "ACK")
    caller.send(cancel(raw))
    silence(callee, "a CANCEL after the end goes nowhere")
    expect(caller, 200, 481)


@check("3261 9.2", "CANCEL sent again is answered again and forwarded once")
def cancel_again(h):
    caller, callee, raw, came = ringing(h)
    for _ in range(3):
        caller.send(cancel(raw))
        expect(caller, 200)
    answer(callee, arrives(callee, "CANCEL"), 200)
    silence(callee)


@check("3261 9.1", "CANCEL before the callee has answered waits for its provisional")
def cancel_early(h):
    callee, aor = h.user()
    caller = h.udp()
    raw = request(caller, "INVITE", aor)
    caller.send(raw)
    came = arrives(callee, "INVITE")
    caller.send(cancel(raw))
    expect(caller, 200)
    silence(callee, "no CANCEL yet", besides=("INVITE",))
    answer(callee, came, 100)
    answer(callee, arrives(callee, "CANCEL"), 200)
    answer(callee, came, 487)
    expect(caller, 487)


@check("3261 9.2", "CANCEL of nothing, of another sent-by, and of an OPTIONS")
def cancel_nothing(h):
    peer = h.udp()
    peer.send(cancel(request(peer, "INVITE", "sip:x@example.test")))
    expect(peer, 481)
    caller, callee, raw, came = ringing(h)
    other = Message(raw, None).get("Via").replace("127.0.0.1:%d" % caller.port, "192.0.2.3:4")
    caller.send(cancel(raw, via=other))
    expect(caller, 481)
    silence(callee)
    options, aor = h.user()
    raw = request(caller, "OPTIONS", aor)
    caller.send(raw)
    came = arrives(options, "OPTIONS")
    caller.send(cancel(raw))
    expect(caller, 200, 481)
    silence(options, "an OPTIONS is not cancelled")
    answer(options, came, 200)
    expect(caller, 200)


@check("3261 9.2", "CANCEL after the 200 changes nothing; a 200 that crosses the CANCEL goes back")
def cancel_late(h):
    caller, callee, raw, came = ringing(h)
    answer(callee, came, 200)
    expect(caller, 200)
    caller.send(cancel(raw))
    expect(caller, 200)
    silence(callee)
    caller, callee, raw, came = ringing(h)
    caller.send(cancel(raw))
    expect(caller, 200)
    answer(callee, came, 200)
    must("INVITE" in expect(caller, 200).get("CSeq"), "the 200 to the INVITE")


@check("8.2.2.3", "Require and Proxy-Require in CANCEL and ACK are not refused")
def cancel_require(h):
    caller, callee, raw, came = ringing(h)
    caller.send(cancel(raw, extra=["Require: foo", "Proxy-Require: bar"]))
    expect(caller, 200)
    arrives(callee, "CANCEL")


# ---- ACK ----

@check("3261 16.11", "an ACK of no transaction goes along its Route, without answer")
def ack_alone(h):
    callee, caller = h.udp(), h.udp()
    caller.send(request(caller, "ACK", "sip:c@" + callee.addr, extra=["Route: <sip:%s;lr>" % h.addr], to="<sip:c@x.test>;tag=1"))
    m = arrives(callee, "ACK")
    must(not m.all("Route") and m.get("Max-Forwards") == "69" and not m.all("Record-Route"), "passed on", m)
    for odd in (dict(mf=0), dict(extra=["Proxy-Require: foo"]), dict(uri="sip:nobody@example.test"), dict(uri="sip:example.test"),
                dict(uri="mailto:x@example.test")):
        caller.send(request(caller, "ACK", odd.pop("uri", "sip:nobody@example.test"), to="<sip:c@x.test>;tag=1", **odd))
    silence(caller, "an ACK is never answered")


@check("3261 17.1.1.3", "the ACK for a failure is of the INVITE's branch, with its Route")
def ack_route(h):
    caller, other = h.udp(), h.udp()
    raw = request(caller, "INVITE", "sip:x@far.invalid", extra=["Route: <sip:%s;lr>, <sip:%s;lr;a=b>" % (h.addr, other.addr)])
    caller.send(raw)
    came = arrives(other, "INVITE")
    answer(other, came, 404, tag="end")
    m = arrives(other, "ACK")
    must(m.branch() == came.branch() and m.all("Route") == came.all("Route") and m.uri == came.uri, "Route and branch", m)
    must(m.tag("To") == "end" and m.get("CSeq") == "1 ACK" and len(m.all("Via")) == 1, "To and CSeq", m)
    ack(caller, expect(caller, 404), raw)


@check("3261 13.2.2.4", "an ACK that reuses the INVITE's branch after the 200 goes on as well")
def ack_same_branch(h):
    callee, aor = h.user()
    caller = h.udp()
    sent, came, ok = call(caller, callee, aor)
    caller.send(in_dialog(caller, callee, "ACK", sent, ok, branch=sent.branch()))
    arrives(callee, "ACK")


# ---- matching ----

@check("3261 17.2.3", "the same branch from another sent-by, or with another method, is another transaction")
def sent_by(h):
    callee, aor = h.user()
    caller, branch = h.udp(), unique("z9hG4bK")
    for via in ("127.0.0.1:%d" % caller.port, "host.test:%d" % caller.port, "127.0.0.1"):
        caller.send(request(caller, "OPTIONS", aor, via=["Via: SIP/2.0/UDP %s;branch=%s;rport" % (via, branch)]))
        answer(callee, arrives(callee, "OPTIONS"), 200)
        expect(caller, 200)
    caller.send(request(caller, "MESSAGE", aor, branch=branch))
    answer(callee, arrives(callee, "MESSAGE"), 200)
    expect(caller, 200)


@check("3261 17.2.3", "without the magic cookie: matched as RFC 2543 did, CANCEL and ACK too")
def rfc_2543(h):
    callee, aor = h.user()
    caller = h.udp()
    for branch in (";branch=1", ""):
        raw = request(caller, "INVITE", aor, via=["Via: SIP/2.0/UDP %s%s" % (caller.addr, branch)])
        caller.send(raw)
        came = arrives(callee, "INVITE")
        caller.send(raw)
        silence(callee, "the same transaction")
        answer(callee, came, 180)
        provisional(caller, 180)
        caller.send(cancel(raw))
        expect(caller, 200)
        answer(callee, arrives(callee, "CANCEL"), 200)
        answer(callee, came, 487)
        m = expect(caller, 487)
        arrives(callee, "ACK")
        ack(caller, m, raw)
        silence(callee, "the ACK ends here")


@check("3261 8.2.2.2", "merged requests pass: a proxy forwards what came by two ways")
def merged(h):
    callee, aor = h.user()
    caller = h.udp()
    o = dict(call_id=unique(), tag=unique(), cseq=5)
    for _ in range(2):
        caller.send(request(caller, "OPTIONS", aor, **o))
        answer(callee, arrives(callee, "OPTIONS"), 200)
        expect(caller, 200)


@check("3261 16.9", "a contact where nobody listens fails fast")
def refused(h):
    callee, aor = h.user()
    callee.close()
    caller = h.udp()
    raw = request(caller, "INVITE", aor)
    caller.send(raw)
    ack(caller, expect(caller, 500, 503, 480, 408), raw)


@check("3261 16", "in a dialog to our own address without a user we know: an end, no loop")
def dialog_to_us(h):
    caller = h.udp()
    for method in ("BYE", "INFO", "INVITE"):
        m = ask(caller, method, "sip:nobody@" + h.addr, 404, 480, 481, 482, to="<sip:nobody@example.test>;tag=x",
                extra=["Route: <sip:%s;lr>, <sip:%s;lr>" % (h.addr, h.addr)])
    ask(caller, "BYE", "sip:" + h.addr, 404, 405, 481, to="<sip:example.test>;tag=x", extra=["Route: <sip:%s;lr>" % h.addr])
