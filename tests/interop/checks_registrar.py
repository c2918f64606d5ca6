"""RFC 3261 10.3, 3327: registrations, and what is addressed to the proxy itself."""
import re

from bench import ask, arrives, check, expect, must, silence
from wire import Udp, answer, request, unique


def register(h, aor, *statuses, **o):
    """One REGISTER from a peer of its own; the answer."""
    o.setdefault("to", "<%s>" % aor)
    o.setdefault("frm", "<%s>;tag=%s" % (aor, unique()))
    return ask(o.pop("peer", None) or h.udp(), "REGISTER", o.pop("uri", "sip:example.test"), *statuses, **o)


def fresh():
    return "sip:%s@example.test" % unique("r").replace(".", "")


def expires_of(contact):
    found = re.search(r";\s*expires=(\d+)", contact)
    return int(found.group(1)) if found else -1


def bindings(h, aor, uri="sip:example.test"):
    return register(h, aor, 200, uri=uri).all("Contact")


@check("3261 10.3.8", "a fetch lists all bindings with the time they have left, a Date, and changes nothing")
def fetch(h):
    aor = fresh()
    must(bindings(h, aor) == [], "none yet")
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>", "<sip:b@192.0.2.2>"], extra=["Expires: 600"])
    for _ in range(2):
        m = register(h, aor, 200)
        must(len(m.all("Contact")) == 2 and all(590 <= expires_of(c) <= 600 for c in m.all("Contact")), "both", m)
    must("GMT" in m.get("Date") and m.tag("To"), "Date and To tag", m)


@check("3261 10.2.1.1", "expires of the contact wins over the header; defaults and bounds")
def expires(h):
    for contact, header, low, high in (("<sip:a@192.0.2.1>;expires=90", "Expires: 3600", 80, 90),
                                       ("<sip:a@192.0.2.1>", "Expires: 300", 290, 300),
                                       ("<sip:a@192.0.2.1>", "X: y", 3000, 3600),
                                       ("<sip:a@192.0.2.1>;expires=4294967295", "X: y", 3600, 86400),
                                       ("<sip:a@192.0.2.1>;expires=\"120\"", "X: y", 110, 3600),
                                       ("<sip:a@192.0.2.1>;expires=bogus", "X: y", 3000, 3600),
                                       ("<sip:a@192.0.2.1>", "Expires: 99999999999999999999", 3600, 86400),
                                       ("<sip:a@192.0.2.1>", "Expires: soon", 3000, 3600)):
        m = register(h, fresh(), 200, contact=[contact], extra=[header])
        must(low <= expires_of(m.get("Contact")) <= high, "%s with %s" % (contact, header), m)


@check("3261 10.3.7", "too short is 423 with Min-Expires; expires=0 is no such thing")
def too_brief(h):
    aor = fresh()
    m = register(h, aor, 423, contact=["<sip:a@192.0.2.1>;expires=5"])
    must(int(m.get("Min-Expires")) > 5, "Min-Expires", m)
    must(bindings(h, aor) == [], "nothing bound")
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>;expires=0"])


@check("3261 10.2.2", "a contact with expires=0 is removed, others stay")
def remove_one(h):
    aor = fresh()
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>", "<sip:b@192.0.2.2>"])
    m = register(h, aor, 200, contact=["<sip:a@192.0.2.1>;expires=0"])
    must(len(m.all("Contact")) == 1 and "b@192" in m.get("Contact"), "b stays", m)


@check("3261 10.3.6", "Contact: * removes all, but only with Expires: 0 and alone")
def star(h):
    aor = fresh()
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>", "<sip:b@192.0.2.2>"])
    register(h, aor, 400, contact=["*"], extra=["Expires: 10"])
    register(h, aor, 400, contact=["*"])
    register(h, aor, 400, contact=["*", "<sip:a@192.0.2.1>"], extra=["Expires: 0"])
    register(h, aor, 400, contact=["<sip:a@192.0.2.1>", "*"], extra=["Expires: 0"])
    must(len(bindings(h, aor)) == 2, "untouched")
    must(not register(h, aor, 200, contact=["*"], extra=["Expires: 0"]).all("Contact"), "gone")


@check("3261 10.3.7", "same Call-ID and CSeq not higher: refused, nothing changes; another Call-ID may")
def out_of_order(h):
    aor, cid = fresh(), unique("o")
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>"], call_id=cid, cseq=10)
    m = register(h, aor, 400, 500, contact=["<sip:a@192.0.2.1>;expires=0"], call_id=cid, cseq=9)
    register(h, aor, 400, 500, contact=["<sip:a@192.0.2.1>;expires=0"], call_id=cid, cseq=10)
    register(h, aor, 400, 500, contact=["*"], extra=["Expires: 0"], call_id=cid, cseq=9)
    must(len(bindings(h, aor)) == 1, "still bound", m)
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>;expires=0"], call_id=unique(), cseq=1)
    must(not bindings(h, aor), "gone")


@check("3261 10.3.7", "all or nothing: one bad contact, and none is bound")
def atomic(h):
    aor = fresh()
    for bad in ("<sip:b@192.0.2.2>;expires=1", "<sip:b@192.0.2.2>;q=7", "<sip:b@"):
        register(h, aor, 400, 423, contact=["<sip:a@192.0.2.1>", bad])
    must(bindings(h, aor) == [], "nothing bound")


@check("3261 10.3.7", "the same contact twice in one REGISTER is one binding")
def contact_twice(h):
    m = register(h, fresh(), 200, contact=["<sip:a@192.0.2.1>;q=0.1", "<sip:a@192.0.2.1>;q=0.5"])
    must(len(m.all("Contact")) == 1 and "q=0.5" in m.get("Contact"), "the last of them", m)


@check("3261 10.3.5", "an address of record that is not ours is 404; no REGISTER is ever 6xx")
def foreign_aor(h):
    register(h, "sip:x@else.test", 404, contact=["<sip:a@192.0.2.1>"])
    register(h, "sip:example.test", 404, 400, contact=["<sip:a@192.0.2.1>"])
    register(h, "tel:+12015550123", 404, 416, contact=["<sip:a@192.0.2.1>"])


@check("3261 10.3.1", "REGISTER for another domain is not bound here")
def foreign_domain(h):
    other = h.udp()
    peer = h.udp()
    peer.send(request(peer, "REGISTER", "sip:" + other.addr, to="<sip:x@%s>" % other.addr,
                      frm="<sip:x@example.test>;tag=1", contact=["<sip:a@192.0.2.1>"]))
    m = arrives(other, "REGISTER")
    must(len(m.all("Via")) == 2 and not m.all("Record-Route"), "forwarded", m)


@check("3261 10.3", "two domains, two users of one name")
def two_domains(h):
    aor = fresh()
    other = aor.replace("example.test", "other.test")
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>"])
    must(bindings(h, other, "sip:other.test") == [], "not there")


@check("3261 19.1.4", "the same address of record in other spellings")
def aor_spelled(h):
    aor = fresh()
    user = aor[4:aor.index("@")]
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>"])
    for spelled in ("sip:%%%02X%s@example.test" % (ord(user[0]), user[1:]), "sip:%s@EXAMPLE.TEST" % user,
                    "sip:%s@example.test:5060" % user, "sips:%s@example.test" % user,
                    "sip:%s@example.test;transport=tcp" % user, "sip:%s:pw@example.test" % user):
        must(len(bindings(h, spelled)) == 1, spelled)
    must(bindings(h, "sip:%s@example.test" % user.upper()) == [], "upper case is somebody else")


@check("3261 19.1.4", "contacts are equal by the rules of URIs")
def contact_equal(h):
    aor = fresh()
    register(h, aor, 200, contact=["<sip:a@host.test;transport=udp>"])
    m = register(h, aor, 200, contact=["<sip:%61@HOST.test;TRANSPORT=UDP>"])
    must(len(m.all("Contact")) == 1, "equal", m)
    for unequal in ("<sip:a@host.test>", "<sip:A@host.test;transport=udp>", "<sip:a@host.test:5060;transport=udp>",
                    "<sips:a@host.test;transport=udp>", "<sip:a@host.test;transport=tcp>"):
        before = len(m.all("Contact"))
        m = register(h, aor, 200, contact=[unequal])
        must(len(m.all("Contact")) == before + 1, "another: " + unequal, m)


@check("3261 20.10", "q, many parameters, display names, quotes and header parts of a contact")
def contact_forms(h):
    aor = fresh()
    m = register(h, aor, 200, contact=[
        "\"A, \\\"B\\\" <x>\" <sip:a@192.0.2.1;a=b;c;d=%20?Route=%3Csip:x.test%3E>;q=0.5;x=\"y;z,\";methods=\"INVITE,BYE\";" +
        ";".join("p%d=v" % i for i in range(40)), "sip:b@192.0.2.2;expires=700", "<mailto:c@example.test>"])
    must(len(m.all("Contact")) == 3, "three", m)
    first = [c for c in m.all("Contact") if "a@192" in c][0]
    must("?Route=%3Csip:x.test%3E" in first and "q=0.5" in first, "URI as it was", m)
    must(600 < expires_of([c for c in m.all("Contact") if "b@192" in c][0]) <= 700, "expires outside of brackets", m)
    callee = h.udp()
    register(h, aor, 200, contact=["<sip:d@%s>" % callee.addr])
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    must(arrives(callee, "OPTIONS").uri == "sip:d@" + callee.addr, "mailto does not disturb")


@check("3327 5.3", "Path without Supported: path is not dropped in silence")
def path_unsupported(h):
    aor = fresh()
    m = register(h, aor, 200, 420, 421, contact=["<sip:a@192.0.2.1>"], extra=["Path: <sip:edge.test;lr>"])
    if m.status == 200:
        must(m.all("Path") == ["<sip:edge.test;lr>"], "Path in the 200", m)


@check("3327 5.3", "Path goes into the 200, in order; Require: path is understood")
def path_kept(h):
    m = register(h, fresh(), 200, contact=["<sip:a@192.0.2.1>"], extra=[
        "Supported: path", "Require: path", "Path: <sip:e1.test;lr>, <sip:e2.test;lr>", "Path: <sip:e3.test;lr>"])
    must(m.all("Path") == ["<sip:e1.test;lr>", "<sip:e2.test;lr>", "<sip:e3.test;lr>"], "Path", m)


@check("3327 5.3", "a Path that could not be followed is refused, with its reason: broken, or of more than 64")
def path_refused(h):
    for line, status, reason in (("Path: bogus", 400, "Path"), ("Path: <sip:e1.test;lr>, <sip:e2.test", 400, "Path"),
                                 ("Path: <mailto:e1.test>", 400, "Path"),
                                 ("Path: " + ", ".join("<sip:e%d.test;lr>" % i for i in range(65)), 403, "Path"),
                                 ("Path: <sip:%s;lr>, <sip:%s;lr>" % ("e" * 9000, "f" * 9000), 513, "")):
        aor = fresh()
        must(reason in register(h, aor, status, contact=["<sip:a@192.0.2.1>"], extra=[line]).start, "names the Path")
        must(bindings(h, aor) == [], "nothing bound")


@check("3327 5.4", "a Path of 64 is followed whole")
def path_longest(h):
    edge = h.udp()
    uris = ["<sip:%s;lr>" % edge.addr] + ["<sip:e%d.test;lr>" % i for i in range(63)]
    aor = h.bind("<sip:c@far.invalid>", extra=["Path: " + ", ".join(uris)])
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    must(arrives(edge, "OPTIONS").all("Route") == uris, "all of them")


@check("3261 8.2.2.2", "the same REGISTER by another way is 482; with another From tag it is out of order; both change nothing")
def merged(h):
    aor, cid = fresh(), unique()
    o = dict(call_id=cid, cseq=7, contact=["<sip:a@192.0.2.1>"])
    register(h, aor, 200, frm="<%s>;tag=one" % aor, **o)
    for _ in range(2):
        m = register(h, aor, 482, frm="<%s>;tag=one" % aor, **o)
        must(not m.all("Contact"), "no binding in it", m)
    register(h, aor, 500, frm="<%s>;tag=two" % aor, **o)
    must(len(bindings(h, aor)) == 1, "bound once")
    o.update(cseq=8, contact=["<sip:a@192.0.2.1>;expires=0"])
    register(h, aor, 200, frm="<%s>;tag=one" % aor, **o)
    register(h, aor, 482, frm="<%s>;tag=one" % aor, **o)
    other = fresh()
    register(h, other, 200, frm="<%s>;tag=one" % aor, **o)
    for _ in range(2):
        register(h, aor, 200, frm="<%s>;tag=one" % aor, call_id=cid, cseq=9)


@check("3261 10.3.8", "contacts that no answer could list are refused, not bound in silence")
def contacts_too_large(h):
    aor, peer, bound = fresh(), h.udp(), 0
    for i in range(20):
        m = register(h, aor, 200, 513, peer=peer, contact=["<sip:a%d@192.0.2.1;x=%s>" % (i, "y" * 5000)])
        bound += m.status == 200
    must(8 <= bound < 12 and len(bindings(h, aor)) == bound, "bound are %d" % bound)
    must(not register(h, aor, 200, contact=["*"], extra=["Expires: 0"]).all("Contact"), "all go")


@check("3261 10.2", "registered with our address as the domain over TCP, found over UDP")
def register_address(h):
    tcp, aor = h.tcp(), fresh().replace("example.test", h.addr)
    register(h, aor, 200, peer=tcp, uri="sip:" + h.addr, contact=["<sip:a@192.0.2.1>"])
    must(len(bindings(h, aor, "sip:127.0.0.1")) == 1, "one")


@check("3261 8.2.2.3", "Require of what we do not know is 420 with Unsupported")
def require(h):
    m = register(h, fresh(), 420, contact=["<sip:a@192.0.2.1>"], extra=["Require: foo, path", "Require: bar"])
    must(m.all("Unsupported") == ["foo", "bar"], "both", m)
    m = ask(h.udp(), "OPTIONS", "sip:example.test", 420, extra=["Require: nothing.you.know"])
    must(m.all("Unsupported") == ["nothing.you.know"], "OPTIONS as well", m)


@check("3261 10.3", "a third party registers; From is not looked at when nobody is authenticated")
def third_party(h):
    aor = fresh()
    register(h, aor, 200, frm="<sip:boss@else.test>;tag=1", contact=["<sip:a@192.0.2.1>"])
    must(len(bindings(h, aor)) == 1, "bound")


@check("3261 10.2", "REGISTER to our address instead of the domain, or with a user in the Request-URI")
def register_uri(h):
    aor = fresh()
    register(h, aor, 200, uri="sip:" + h.addr, contact=["<sip:a@192.0.2.1>"])
    register(h, aor, 200, uri="sip:EXAMPLE.test:5060;transport=udp", contact=["<sip:b@192.0.2.1>"])
    register(h, aor, 200, uri=aor, contact=["<sip:c@192.0.2.1>"])
    must(len(bindings(h, aor)) == 3, "three bindings")


@check("3261 10.3", "REGISTER along a Route of ours; with Max-Forwards 0")
def register_routed(h):
    aor = fresh()
    register(h, aor, 200, contact=["<sip:a@192.0.2.1>"], extra=["Route: <sip:%s;lr>" % h.addr])
    register(h, aor, 200, contact=["<sip:b@192.0.2.1>"], mf=0)


@check("3261 17.2.2", "a REGISTER sent again gets the same answer again, and counts once")
def register_again(h):
    aor, peer = fresh(), h.udp()
    raw = request(peer, "REGISTER", "sip:example.test", to="<%s>" % aor, contact=["<sip:a@192.0.2.1>"])
    peer.send(raw)
    first = expect(peer, 200)
    for _ in range(3):
        peer.send(raw)
        must(expect(peer, 200).raw == first.raw, "the same bytes")


@check("3261 11.2", "OPTIONS to the proxy itself: Allow, Accept, Accept-Encoding, Accept-Language, Supported")
def options(h):
    for uri in ("sip:" + h.addr, "sip:example.test", "sip:127.0.0.1", "sip:%s;transport=udp;lr" % h.addr):
        m = ask(h.udp(), "OPTIONS", uri, 200)
        for name in ("Allow", "Accept", "Accept-Encoding", "Accept-Language", "Supported"):
            must(any(n == name.lower() for n, _ in m.headers), name + " is there", m)


@check("3261 8.2.1", "another method to the proxy itself is 405, and Allow has the two that are")
def not_allowed(h):
    for uri in ("sip:example.test", "sip:" + h.addr):
        for method in ("INVITE", "PUBLISH", "SUBSCRIBE", "BYE", "FOOBAR", "MESSAGE", "INFO", "REFER"):
            m = ask(h.udp(), method, uri, 405)
            must(m.all("Allow") == ["OPTIONS", "REGISTER"], "Allow in a 405", m)


@check("3261 8.2.1", "a REGISTER that is not taken here is 405 with Allow, and no OPTIONS promises it", house="noregistrar")
def no_registrar(h):
    must(register(h, fresh(), 405).all("Allow") == ["OPTIONS"], "Allow")
    must(ask(h.udp(), "INVITE", "sip:example.test", 405).all("Allow") == ["OPTIONS"], "Allow of another method")
    must("REGISTER" not in ask(h.udp(), "OPTIONS", "sip:example.test", 200).all("Allow"), "OPTIONS")


@check("3261 22", "sipsak and sipp: OPTIONS as they send it by default is answered")
def sipsak(h):
    peer = h.udp()
    peer.send(("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.1.1:%d;branch=z9hG4bK.6f9cdc4c;rport;alias\r\n"
               "From: sip:sipsak@127.0.1.1:%d;tag=1a9e2\r\nTo: sip:%s\r\nCall-ID: %s@127.0.1.1\r\nCSeq: 1 OPTIONS\r\n"
               "Contact: sip:sipsak@127.0.1.1:%d\r\nContent-Length: 0\r\nMax-Forwards: 70\r\nUser-Agent: sipsak 0.9.8.1\r\n"
               "Accept: text/plain\r\n\r\n") % (h.addr, peer.port, peer.port, h.addr, unique(), peer.port))
    expect(peer, 200)
