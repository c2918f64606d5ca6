"""RFC 3261 16, 3263, 3327, 3581, 5393: where a request goes and what is done to it on the way."""
import re

from bench import QUIET, arrives, ask, check, expect, final, must, provisional, silence
from wire import PATIENCE, Message, Udp, ack, answer, cancel, request, response, unique


def through(h, method="OPTIONS", **o):
    """One request through repro to a registered callee, answered 200: as sent, as it arrived, the answer."""
    callee, aor = h.user()
    caller = h.udp()
    raw = request(caller, method, o.pop("uri", aor), **o)
    caller.send(raw)
    came = arrives(callee, method)
    answer(callee, came, 200)
    return Message(raw, None), came, expect(caller, 200)


# ---- what is done to a request ----

@check("3261 16.6.3", "Max-Forwards is counted down")
def max_forwards_down(h):
    must(through(h, mf=7)[1].get("Max-Forwards") == "6", "Max-Forwards 7 becomes 6")


@check("3261 16.6.3", "a missing Max-Forwards becomes 70")
def max_forwards_missing(h):
    must(through(h, mf=None)[1].all("Max-Forwards") == ["70"], "70 is added")


@check("3261 16.6.3", "Max-Forwards 1 arrives as 0, 255 as 254, 256 at most as 255")
def max_forwards_edges(h):
    must(through(h, mf=1)[1].get("Max-Forwards") == "0", "1 becomes 0")
    must(through(h, mf=255)[1].get("Max-Forwards") == "254", "255 becomes 254")
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor, mf=256))
    m = callee.get(0.3)
    must(m is None or int(m.get("Max-Forwards")) <= 255, "never forwarded with more than 255", m)


@check("3261 16.3.3", "Max-Forwards 0 to a user is 483")
def max_forwards_zero(h):
    callee, aor = h.user()
    m = ask(h.udp(), "OPTIONS", aor, 483, mf=0)
    must(m.tag("To"), "the 483 has a To tag", m)
    ask(h.udp(), "INVITE", aor, 483, mf=0)
    silence(callee)


@check("3261 16.3.3", "Max-Forwards 0 to the proxy itself is answered")
def max_forwards_zero_self(h):
    ask(h.udp(), "OPTIONS", "sip:" + h.addr, 200, mf=0)
    ask(h.udp(), "OPTIONS", "sip:example.test", 200, 483, mf=0)


@check("3261 16.6.2", "the Request-URI is the contact's, without headers and method")
def request_uri(h):
    callee = h.udp()
    aor = h.bind("<sip:c;x=y@%s;method=INVITE;user=phone;foo=bar?Subject=hi&Route=%%3csip:evil.test%%3e>" % callee.addr)
    ask_to = h.udp()
    ask_to.send(request(ask_to, "OPTIONS", aor))
    m = arrives(callee, "OPTIONS")
    must(m.uri == "sip:c;x=y@%s;user=phone;foo=bar" % callee.addr, "Request-URI", m)
    must(not m.all("Route") and not m.all("Subject"), "no header of the contact is taken", m)


@check("3261 16.6.2", "a contact URI of a thousand bytes with headers loses them as well")
def request_uri_long(h):
    callee = h.udp()
    uri = "sip:c@%s;foo=%s" % (callee.addr, "x" * 1200)
    aor = h.bind("<%s?Subject=hi>" % uri)
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    must(arrives(callee, "OPTIONS").uri == uri, "the URI without its headers")


@check("3261 16.6.8", "a Via of ours on top, branches are unique, the others untouched")
def via_on_top(h):
    sent, came, _ = through(h)
    vias = came.all("Via")
    must(len(vias) == 2 and came.branch().startswith("z9hG4bK"), "our Via on top", came)
    must(h.addr in vias[0] and sent.branch() in vias[1], "sent-by and the Via below", came)
    must(through(h)[1].branch() != came.branch(), "another branch each time")


@check("3261 16.6.1", "header lines of others arrive byte for byte and in order")
def nothing_else(h):
    extra = ["X-Odd:   two  spaces ;a=\"b,c\"", "P-Thing: <a>, <b>", "Subject: \u00fc\u00f1\u00ef", "X-odd: again",
             "Accept-Contact: *;audio", "Date: not a date at all", "Warning: ???", "Reason: Q.850;cause=16"]
    _, came, _ = through(h, extra=extra, body=b"v=0\r\nbinary\x00\xff")
    text = came.raw.decode("utf-8", "replace")
    at = [text.find(x) for x in extra]
    must(min(at) > 0 and at == sorted(at), "as they were", came)
    must(came.body == b"v=0\r\nbinary\x00\xff", "the body", came)


@check("3261 16.7.3", "our Via is off the response, the caller's has received and rport")
def via_off(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor, via=["Via: SIP/2.0/UDP 192.0.2.77:9;branch=%s;rport;x=y" % unique("z9hG4bK")]))
    came = arrives(callee, "OPTIONS")
    must("received=127.0.0.1" in came.all("Via")[1] and "rport=%d" % caller.port in came.all("Via")[1],
         "received and rport", came)
    answer(callee, came, 200)
    back = expect(caller, 200)
    must(len(back.all("Via")) == 1 and ";x=y" in back.get("Via"), "one Via, its parameter kept", back)


@check("3581 4", "without rport the response goes to the sent-by's port")
def no_rport(h):
    caller, other = h.udp(), h.udp()
    caller.send(request(caller, "OPTIONS", "sip:" + h.addr, via=[
        "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=%s" % (other.port, unique("z9hG4bK"))]))
    expect(other, 200)
    silence(caller)


@check("3261 18.2.2", "a Via with maddr is answered there; received of a liar is overwritten")
def via_maddr_received(h):
    caller, other = h.udp(), h.udp()
    caller.send(request(caller, "OPTIONS", "sip:" + h.addr, via=[
        "Via: SIP/2.0/UDP nowhere.invalid:%d;branch=%s;received=192.0.2.1;rport" % (other.port, unique("z9hG4bK"))]))
    m = expect(caller, 200)
    must("received=127.0.0.1" in m.get("Via") and "192.0.2.1" not in m.get("Via"), "received is ours to say", m)


@check("3261 16.6.1", "an unknown method is forwarded")
def unknown_method(h):
    through(h, "FOOBAR")
    through(h, "foobar")
    through(h, "X-1.2%!~*_+`'")


@check("3261 16.3.5", "Proxy-Require: every tag comes back in Unsupported, nothing is forwarded")
def proxy_require(h):
    callee, aor = h.user()
    m = ask(h.udp(), "INVITE", aor, 420, extra=["Proxy-Require: foo, bar", "Proxy-Require: baz"])
    must(sorted(m.all("Unsupported")) == ["bar", "baz", "foo"], "all named", m)
    silence(callee)


@check("3261 16.3.2", "a Request-URI scheme that is not ours is 416")
def scheme(h):
    for uri in ("mailto:bob@example.test", "http://example.test", "nobody:nothing"):
        ask(h.udp(), "OPTIONS", uri, 416, to="<sip:b@example.test>")


@check("3966 4", "tel URIs: in To and From they pass, as a Request-URI they are 416 or 404")
def tel(h):
    through(h, to="<tel:+1-201-555-0123>", frm="<tel:+15551234;phone-context=example.test>;tag=a")
    ask(h.udp(), "INVITE", "tel:+1-201-555-0123", 404, 416, 484, to="<tel:+12015550123>")


@check("5630 5.3", "sips is not served by a contact that only sip reaches")
def sips_is_kept(h):
    callee, aor = h.user()
    m = ask(h.udp(), "INVITE", aor.replace("sip:", "sips:"), 404, 480, 416, 500, 503)
    silence(callee, "no downgrade to plain sip")
    must(m.status // 100 != 6, "no 6xx", m)


# ---- where it goes ----

@check("3261 16.5", "a user of ours who is nowhere is 404 or 480")
def nobody(h):
    ask(h.udp(), "INVITE", "sip:nobody-%s@example.test" % unique(), 404, 480)
    ask(h.udp(), "MESSAGE", "sip:nobody-%s@example.test" % unique(), 404, 480, body=b"hi", extra=["Content-Type: text/plain"])


@check("3261 19.1.4", "escapes, ports, parameters and the host's case do not make another user")
def same_user(h):
    callee, aor = h.user()
    user = aor[4:aor.index("@")]
    spelled = "%%%02x%s" % (ord(user[0]), user[1:])
    for uri in ("sip:%s@EXAMPLE.Test" % user, "sip:%s@example.test;transport=udp" % user, "sip:%s@example.test:5060" % user,
                "sip:%s@example.test" % spelled, "sip:%s:secret@example.test" % user, "SIP:%s@example.test" % user,
                "sip:%s@example.test;user=phone;foo" % user, "sip:%s@example.test." % user):
        caller = h.udp()
        caller.send(request(caller, "OPTIONS", uri, to="<%s>" % aor))
        m = callee.get(1)
        must(m, "reached as " + uri)
        answer(callee, m, 200)
        expect(caller, 200)


@check("3261 19.1.4", "the user part is case sensitive; domains are apart")
def other_user(h):
    callee, aor = h.user()
    ask(h.udp(), "OPTIONS", "sip:%s@example.test" % aor[4:aor.index("@")].upper(), 404, 480)
    ask(h.udp(), "OPTIONS", aor.replace("example.test", "other.test"), 404, 480)
    silence(callee)


@check("3261 16.4", "a Route of ours is taken off, one of another is followed")
def routes(h):
    other = h.udp()
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor, extra=["Route: <sip:%s;lr>" % h.addr]))
    must(not arrives(callee, "OPTIONS").all("Route"), "our Route is off")
    caller.send(request(caller, "OPTIONS", aor, extra=["Route: <sip:%s;lr>, <sip:%s;lr;x=1>, <sip:far.invalid;lr>" %
                                                       (h.addr, other.addr)]))
    m = arrives(other, "OPTIONS")
    must(m.uri == aor and m.all("Route") == ["<sip:%s;lr;x=1>" % other.addr, "<sip:far.invalid;lr>"], "the rest stays", m)
    silence(callee)


@check("3261 16.4", "Routes of ours may be several, by name, in upper case, and with parameters")
def routes_of_ours(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor, extra=[
        "Route: \"us\" <sip:%s;transport=tcp;lr>;x=y,<SIP:%s;LR>" % (h.addr, h.addr), "Route:<sip:EXAMPLE.TEST;lr=on>"]))
    must(not arrives(callee, "OPTIONS").all("Route"), "all are off")


@check("3261 16.4", "a Route of ours with a user part is ours as well, when it is loose")
def route_with_user(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor, extra=["Route: <sip:bob@%s;lr>, <sip:x@example.test;lr>" % h.addr]))
    must(not arrives(callee, "OPTIONS").all("Route"), "off")


@check("3261 16.6.6", "a strict router next: it is the Request-URI, the target last in Route")
def strict_next(h):
    other = h.udp()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", "sip:x@far.invalid", extra=[
        "Route: <sip:%s;lr>" % h.addr, "Route: <sip:%s;p=1>, <sip:later.invalid;lr>" % other.addr]))
    m = arrives(other, "OPTIONS")
    must(m.uri == "sip:%s;p=1" % other.addr, "the router in the Request-URI", m)
    must(m.all("Route") == ["<sip:later.invalid;lr>", "<sip:x@far.invalid>"], "the target last", m)


@check("3261 16.4", "a strict router before us: the last Route becomes the Request-URI")
def strict_before(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", "sip:%s;lr" % h.addr, to="<%s>" % aor, extra=["Route: <%s>" % aor]))
    m = arrives(callee, "OPTIONS")
    must(not m.all("Route") and "callee@" in m.uri, "sent to the user", m)


@check("3261 16.4", "maddr of ours in the Request-URI is taken for us")
def maddr(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", "%s:%d;maddr=127.0.0.1;transport=udp" % (aor, h.port)))
    arrives(callee, "OPTIONS")


@check("3261 16.3.4", "a request that comes back to us as it was is a loop: 482")
def loop(h):
    caller = h.udp()
    user = unique("l").replace(".", "")
    h.bind("<sip:%s@example.test:%d;maddr=127.0.0.1>" % (user, h.port), user=user)
    m = ask(caller, "OPTIONS", "sip:%s@example.test" % user, 482)
    must(m.tag("To"), "with a To tag", m)


@check("5393 4.2", "two users whose contacts are each other are found out soon")
def forking_loop(h):
    a, b = unique("a").replace(".", ""), unique("b").replace(".", "")
    for user in (a, b):
        h.bind(*["<sip:%s@example.test:%d;maddr=127.0.0.1>" % (x, h.port) for x in (a, b)], user=user)
    ask(h.udp(), "OPTIONS", "sip:%s@example.test" % a, 482, 440, 483)


@check("3261 16.3.4", "a spiral through us to another user is no loop")
def spiral(h):
    callee, aor = h.user()
    first = h.bind("<%s:%d;maddr=127.0.0.1>" % (aor, h.port))
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", first))
    m = arrives(callee, "OPTIONS")
    must(len(m.all("Via")) == 3, "two Vias of ours", m)
    answer(callee, m, 200)
    expect(caller, 200)


@check("3261 16.5", "for foreign domains we relay our own users only")
def relay(h):
    other = h.udp()
    uri = "sip:x@" + other.addr
    ask(h.udp(), "OPTIONS", uri, 403, frm="<sip:stranger@else.invalid>;tag=1")
    silence(other)
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", uri))
    must(arrives(other, "OPTIONS").uri == uri, "as it was")


@check("3263 4", "a foreign domain by A; by SRV with its port; by NAPTR the transport")
def names(h):
    other, tcp = h.udp(), h.listener()
    dns = h.repro.dns
    name = unique("n").replace(".", "") + ".names.test"
    dns.add("host." + name, "A", "127.0.0.1")
    dns.add("_sip._udp.srv." + name, "SRV", (0, 0, other.port, "host." + name))
    dns.add("naptr." + name, "NAPTR", (10, 10, "s", "SIP+D2T", "", "_sip._tcp.naptr." + name))
    dns.add("naptr." + name, "NAPTR", (20, 10, "s", "SIP+D2U", "", "_sip._udp.srv." + name))
    dns.add("_sip._tcp.naptr." + name, "SRV", (0, 0, tcp.port, "host." + name))
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", "sip:x@host.%s:%d" % (name, other.port)))
    arrives(other, "OPTIONS")
    caller.send(request(caller, "OPTIONS", "sip:x@srv." + name))
    arrives(other, "OPTIONS")
    caller.send(request(caller, "OPTIONS", "sip:x@naptr." + name))
    peer = tcp.accept()
    must(peer, "connected by TCP")
    must("TCP" in arrives(h.keep(peer), "OPTIONS").get("Via"), "Via says TCP")


@check("3263 4.3", "the next SRV target is tried when the first refuses")
def srv_failover(h):
    other, dead = h.udp(), Udp()
    dead.close()
    dns = h.repro.dns
    name = unique("f").replace(".", "") + ".names.test"
    dns.add("host." + name, "A", "127.0.0.1")
    dns.add("_sip._udp." + name, "SRV", (1, 0, dead.port, "host." + name))
    dns.add("_sip._udp." + name, "SRV", (2, 0, other.port, "host." + name))
    caller = h.udp()
    caller.send(request(caller, "INVITE", "sip:x@" + name))
    m = other.get(3)
    must(m and m.method == "INVITE" and len(m.all("Record-Route")) == 1, "tried there, one Record-Route", m)
    answer(other, m, 486)
    expect(caller, 486)


@check("3263 4", "a name that does not exist is a 503 or 480 or 404 of ours, soon", )
def no_such_name(h):
    ask(h.udp(), "OPTIONS", "sip:x@no-such-%s.invalid" % unique().replace(".", ""), 404, 480, 500, 502, 503, timeout=1.5 * PATIENCE)


@check("3327 5.4", "Path of a registration becomes Route, in its order")
def path(h):
    edge = h.udp()
    aor = h.bind("<sip:c@far.invalid>", extra=["Supported: path", "Path: <sip:%s;lr;ob>,<sip:second.invalid;lr>" % edge.addr])
    caller = h.udp()
    caller.send(request(caller, "INVITE", aor))
    m = arrives(edge, "INVITE")
    must(m.all("Route") == ["<sip:%s;lr;ob>" % edge.addr, "<sip:second.invalid;lr>"], "Route", m)
    must(m.uri == "sip:c@far.invalid", "Request-URI", m)
    answer(edge, m, 404)
    expect(caller, 404)


def between_families(h):
    """A call each way between two peers, and a BYE each way along the Record-Route."""
    for caller, callee in ((h.udp(), h.udp6()), (h.udp6(), h.udp()), (h.udp6(), h.udp6())):
        callee.at, aor = callee.at or h.at, h.bind("<sip:callee@%s>" % callee.addr)
        caller.send(request(caller, "INVITE", aor))
        came = arrives(callee, "INVITE")
        must(("[::1]:%d" % h.port if ":" in callee.host else h.addr) in came.get("Via"), "our address towards the callee", came)
        answer(callee, came, 200, extra=["Contact: <sip:callee@%s>" % callee.addr])
        ok = expect(caller, 200)
        routes = ok.all("Record-Route")
        must(len(routes) == (1 if caller.host.count(":") == callee.host.count(":") else 2), "a Record-Route for each side", ok)
        for frm, to, uri, names, way in ((caller, callee, "callee", ("From", "To"), reversed(routes)),
                                         (callee, caller, "caller", ("To", "From"), routes)):
            frm.send(request(frm, "BYE", "sip:%s@%s" % (uri, to.addr), frm=ok.get(names[0]), to=ok.get(names[1]), cseq=2,
                             call_id=ok.get("Call-ID"), extra=["Route: " + r for r in way]))
            m = arrives(to, "BYE")
            must(not m.all("Route"), "both Routes are off", m)
            answer(to, m, 200)
            expect(frm, 200)


@check("5658 3", "a call between IPv4 and IPv6, each way, with the addresses given", house="both")
def families(h):
    between_families(h)


@check("5658 3", "the same when all adapters are bound", house="any")
def families_any(h):
    between_families(h)


@check("3261 18.2.1", "IPv6: received has no brackets, our own literals are ours, however they are spelt", house="both")
def literals(h):
    peer = h.udp6()
    for uri in ("sip:[::1]:%d" % h.port, "sip:[0:0:0:0:0:0:0:1]:%d" % h.port, "sip:[0::0001]:%d;transport=udp" % h.port):
        m = ask(peer, "OPTIONS", uri, 200, via=["Via: SIP/2.0/UDP [2001:db8::9]:5070;branch=%s;rport" % unique("z9hG4bK")])
        must(";received=::1" in m.get("Via"), "received", m)


# ---- forks ----

@check("3261 16.6", "three contacts: three branches, same Call-ID, From and CSeq")
def fork_three(h):
    callees = [h.udp() for _ in range(3)]
    aor = h.bind(*["<sip:c@%s>" % c.addr for c in callees])
    caller = h.udp()
    raw = request(caller, "INVITE", aor)
    caller.send(raw)
    came = [arrives(c, "INVITE") for c in callees]
    must(len({m.branch() for m in came}) == 3, "distinct branches")
    must(len({(m.get("Call-ID"), m.get("From"), m.get("CSeq")) for m in came}) == 1, "the rest alike")
    for c, m, status in zip(callees, came, (486, 404, 480)):
        answer(c, m, status)
        arrives(c, "ACK")
    m = expect(caller, 486, 404, 480)
    ack(caller, m, raw)


@check("3261 16.6", "a contact list of forty (or as many as may be) rings everywhere")
def fork_forty(h):
    callees = [h.udp() for _ in range(32)]
    aor = h.bind(*["<sip:c%d@%s>" % (i, c.addr) for i, c in enumerate(callees)])
    ask(h.udp(), "REGISTER", "sip:example.test", 403, to="<%s>" % aor, contact=["<sip:x%d@192.0.2.1>" % i for i in range(8)])
    caller = h.udp()
    raw = request(caller, "INVITE", aor)
    caller.send(raw)
    came = [arrives(c, "INVITE") for c in callees]
    for c, m in zip(callees, came):
        answer(c, m, 180)
    answer(callees[7], came[7], 200)
    expect(caller, 200)
    for i, c in enumerate(callees):
        if i != 7:
            answer(c, arrives(c, "CANCEL"), 200)
            answer(c, came[i], 487)
            arrives(c, "ACK")


@check("5393 5.3.3", "Max-Breadth: 60 is added, more is cut to 60, a smaller one stays")
def breadth_one(h):
    must(through(h)[1].all("Max-Breadth") == ["60"], "added")
    must(through(h, extra=["Max-Breadth: 1000"])[1].all("Max-Breadth") == ["60"], "cut")
    must(through(h, extra=["Max-Breadth: 7"])[1].all("Max-Breadth") == ["7"], "not counted down")


@check("5393 5.3.3", "Max-Breadth is split over parallel branches, its sum never exceeded")
def breadth_split(h):
    callees = [h.udp() for _ in range(4)]
    aor = h.bind(*["<sip:c@%s>" % c.addr for c in callees])
    caller = h.udp()
    caller.send(request(caller, "INVITE", aor, extra=["Max-Breadth: 10"]))
    came = [arrives(c, "INVITE") for c in callees]
    shares = [int(m.get("Max-Breadth")) for m in came]
    must(sum(shares) == 10 and min(shares) >= 2, "10 over 4: " + str(shares))
    for c, m in zip(callees, came):
        answer(c, m, 486)
    expect(caller, 486)


@check("5393 5.3.3", "Max-Breadth 1 and two contacts: one at a time, or 440")
def breadth_serial(h):
    callees = [h.udp(), h.udp()]
    aor = h.bind(*["<sip:c@%s>" % c.addr for c in callees])
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor, extra=["Max-Breadth: 1"]))
    came = [(c, m) for c in callees for m in [c.get(QUIET)] if m]
    must(len(came) <= 1, "one at a time")
    for c, m in came:
        must(m.get("Max-Breadth") == "1", "1 for the branch", m)
        answer(c, m, 200)
    expect(caller, *([200] if came else [440]))


@check("5393 5.3.1", "a Max-Breadth that is no positive number does no harm")
def breadth_odd(h):
    for value in ("0", "-1", "x", "99999999999"):
        callee, aor = h.user()
        caller = h.udp()
        caller.send(request(caller, "OPTIONS", aor, extra=["Max-Breadth: " + value]))
        m = callee.get(0.3)
        if m:
            must(m.all("Max-Breadth") in (["60"], ["1"]), "a good one instead", m)
        else:
            expect(caller, 440, 400)


@check("3261 16.6", "contacts of lower q wait for those of higher q", house="serial")
def serial(h):
    a, b = h.udp(), h.udp()
    aor = h.bind("<sip:c@%s>;q=0.2" % b.addr, "<sip:c@%s>;q=0.9" % a.addr)
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    m = arrives(a, "OPTIONS")
    silence(b)
    answer(a, m, 404)
    answer(b, arrives(b, "OPTIONS"), 200)
    expect(caller, 200)


@check("3261 16.6", "a contact that cannot be sent to does not keep the next one waiting", house="serial")
def serial_dead(h):
    b = h.udp()
    aor = h.bind("<sip:c@%s>;q=0.2" % b.addr, "<sip:c@no-such.invalid>;q=0.9", "<sip:c@[::1]:9>;q=0.8")
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    answer(b, arrives(b, "OPTIONS"), 200)
    expect(caller, 200)


# ---- redirects ----

@check("3261 16.7.4", "a 3xx goes back when we do not recurse")
def redirect_passes(h):
    callee, aor = h.user()
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    answer(callee, arrives(callee, "OPTIONS"), 302, extra=["Contact: <sip:else@far.invalid>;q=0.3"])
    must("else@far.invalid" in expect(caller, 302).get("Contact"), "its Contact")


@check("3261 16.7.4", "recursion: contacts of a 3xx are tried", house="redirect")
def recursion(h):
    (a, aor), b, caller = h.user(), h.udp(), h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    answer(a, arrives(a, "OPTIONS"), 302, extra=["Contact: <sip:d@%s?Subject=x>" % b.addr])
    m = arrives(b, "OPTIONS")
    must(m.uri == "sip:d@" + b.addr and not m.all("Subject"), "Request-URI", m)
    answer(b, m, 200)
    expect(caller, 200)


@check("3261 16.7.4", "recursion: the 3xx that was followed is not the answer", house="redirect")
def recursion_fails(h):
    (a, aor), b, caller = h.user(), h.udp(), h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    answer(a, arrives(a, "OPTIONS"), 302, extra=["Contact: <sip:d@%s>" % b.addr])
    answer(b, arrives(b, "OPTIONS"), 486)
    expect(caller, 486)


@check("3261 16.7.4", "recursion: what cannot be followed stays in the 3xx that goes back", house="redirect")
def recursion_partly(h):
    (a, aor), b, caller = h.user(), h.udp(), h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    answer(a, arrives(a, "OPTIONS"), 302, extra=["Contact: <mailto:d@example.test>, <sip:d@%s>" % b.addr])
    answer(b, arrives(b, "OPTIONS"), 486)
    m = expect(caller, 302)
    must(m.all("Contact") == ["<mailto:d@example.test>"], "only what was not tried", m)


@check("3261 16.7.4", "recursion: a contact that was tried, or is the user itself, ends", house="redirect")
def recursion_loop(h):
    (a, aor), caller = h.user(), h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    m = arrives(a, "OPTIONS")
    again = ["Contact: <%s>, <%s:%d;maddr=127.0.0.1>" % (m.uri, aor, h.port)]
    answer(a, m, 302, extra=again)
    answer(a, arrives(a, "OPTIONS"), 302, extra=again)
    m = a.get(0.1)
    if m:
        answer(a, m, 302, extra=again)
    expect(caller, 302, 482, 480, 500)
    silence(a)
