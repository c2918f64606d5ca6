"""RFC 3261 7, 8.2, 18.3, 20, RFC 4475: odd but legal messages arrive, broken ones are refused or dropped."""
import re

from bench import arrives, ask, check, expect, final, must, provisional, silence
from wire import Message, answer, request, response, unique


def raw(h, peer, start, lines, body=b""):
    peer.send(("\r\n".join([start] + lines) + "\r\n\r\n").encode() + body)


def base(peer, method="OPTIONS", **change):
    """Header lines by name, so that a check can spell one of them its own way."""
    lines = {"Via": "Via: SIP/2.0/UDP %s;branch=%s;rport" % (peer.addr, unique("z9hG4bK")), "Max-Forwards": "Max-Forwards: 70",
             "From": "From: <sip:caller@example.test>;tag=1", "To": "To: <sip:x@example.test>", "Call-ID": "Call-ID: " + unique(),
             "CSeq": "CSeq: 1 " + method, "Content-Length": "Content-Length: 0"}
    lines.update({k.replace("_", "-"): v for k, v in change.items()})
    return [v for v in lines.values() if v is not None]


@check("3261 7.3.3", "compact forms, lower case names, folds and blanks before the colon")
def compact(h):
    callee, aor = h.user()
    peer = h.udp()
    raw(h, peer, "INVITE %s SIP/2.0" % aor, [
        "v :  SIP / 2.0\r\n / UDP\r\n\t%s ; branch = %s\r\n ;rport" % (peer.addr, unique("z9hG4bK")), "MAX-FORWARDS: 0068",
        "f:\"A \\\"B\\\"\"\r\n <sip:caller@example.test>\t;\r\n\ttag=98asjd8", "T: x@y <%s>" % aor if False else "T: <%s>" % aor,
        "i: " + unique(), "cSeQ: 0009\r\n  INVITE", "m:<sip:caller@%s>;q=0.5" % peer.addr, "k: 100rel ,timer",
        "s:", "l  : 0", "NewFangled: new\r\n\t\r\n  more"])
    m = arrives(callee, "INVITE")
    must(m.get("Max-Forwards") == "67", "Max-Forwards", m)
    answer(callee, m, 180)
    got = provisional(peer, 180)
    must(len(got.all("Via")) == 1, "back", got)
    answer(callee, m, 486)
    expect(peer, 486)


@check("3261 7.3.1", "several Vias and Routes in one line, or one a line: the same")
def comma_lists(h):
    callee, aor = h.user()
    for joined in (True, False):
        peer = h.udp()
        vias = ["SIP/2.0/UDP %s;branch=%s;rport" % (peer.addr, unique("z9hG4bK")),
                "SIP/2.0/TCP [2001:db8::9:1]:5060;branch=z9hG4bK.1;received=2001:db8::9:255", "SIP/2.0/SCTP far.invalid;branch=x",
                "SIP/3.0/ODD odd.invalid : 99 ;hidden;maddr=\"q,uoted\""]
        lines = ["Via: " + ",\r\n ".join(vias)] if joined else ["Via: " + v for v in vias]
        peer.send(request(peer, "OPTIONS", aor, via=lines))
        m = arrives(callee, "OPTIONS")
        got = m.all("Via")
        must(len(got) == 5 and [re.sub(r"\s+", " ", v) for v in got[2:]] == [re.sub(r"\s+", " ", v) for v in vias[1:]], "Vias", m)
        answer(callee, m, 200)
        must(len(expect(peer, 200).all("Via")) == 4, "four go back")


@check("3261 19.1", "odd but good URIs and names pass untouched")
def odd_uris(h):
    other = h.udp()
    peer = h.udp()
    for uri in ("sip:%s;x=y;lr", "sip:a;b=c:pa$$@%s;p=%%20%%41?h=v&g=", "sip:%%00%%ff@%s", "sip:a@%s;method=MESSAGE?x=y",
                "SIP:Very.Long.%s@%%s" % ("x" * 500), "sip:!~*'()&=+$,;?/@%s", "sip:+1-201@%s;user=phone;isub=1"):
        uri = uri % other.addr
        peer.send(request(peer, "OPTIONS", uri, to="\"\\\"q\\\\\" <%s>;x=\"a;b\"" % uri))
        m = arrives(other, "OPTIONS")
        must(m.uri == uri, "as it was: " + uri, m)


@check("3261 19.1", "an IPv6 literal where we have no IPv6 is a failure of ours, not a crash")
def ipv6(h):
    peer = h.udp()
    peer.send(request(peer, "OPTIONS", "sip:x@[2001:db8::1]:5070"))
    expect(peer, 404, 480, 500, 502, 503)
    peer.send(request(peer, "OPTIONS", "sip:x@[::ffff:127.0.0.1]:9;maddr=[::1]"))
    final(peer, 0.5)
    ask(peer, "OPTIONS", "sip:x@[2001:db8:::1]", 400, 403, 404, 416, 480, 500, 502, 503)
    ask(h.udp(), "OPTIONS", "sip:" + h.addr, 200, via=["Via: SIP/2.0/UDP [2001:db8::1]:5060;branch=%s;rport" % unique("z9hG4bK")])


@check("3261 20", "a body without Content-Type, a Content-Type without body, no Content-Length on UDP")
def bodies(h):
    callee, aor = h.user()
    peer = h.udp()
    peer.send(request(peer, "MESSAGE", aor, body=b"hello"))
    must(arrives(callee, "MESSAGE").body == b"hello", "the body")
    peer.send(request(peer, "MESSAGE", aor, extra=["Content-Type: application/sdp"]))
    must(arrives(callee, "MESSAGE").body == b"", "no body")
    raw(h, peer, "MESSAGE %s SIP/2.0" % aor, base(peer, "MESSAGE", Content_Length=None), b"to the end\r\n\r\nof it")
    must(arrives(callee, "MESSAGE").body == b"to the end\r\n\r\nof it", "up to the datagram's end")
    raw(h, peer, "MESSAGE %s SIP/2.0" % aor, base(peer, "MESSAGE", Content_Length="Content-Length: 5"), b"hello and more")
    must(arrives(callee, "MESSAGE").body == b"hello", "what is beyond Content-Length is off")


@check("3261 18.3", "a datagram shorter than its Content-Length is 400; such a response is dropped")
def short_body(h):
    peer = h.udp()
    raw(h, peer, "OPTIONS sip:%s SIP/2.0" % h.addr, base(peer, Content_Length="Content-Length: 10"), b"short")
    expect(peer, 400)
    callee, aor = h.user()
    peer.send(request(peer, "OPTIONS", aor))
    m = arrives(callee, "OPTIONS")
    callee.send(response(m, 404).replace(b"Content-Length: 0", b"Content-Length: 9"), m.source)
    silence(peer)
    answer(callee, m, 200)
    expect(peer, 200)


@check("3261 8.1.1", "what every request must have: 400 without it, and the answer says which")
def mandatory(h):
    peer = h.udp()
    for name in ("From", "To", "Call-ID", "CSeq"):
        raw(h, peer, "OPTIONS sip:%s SIP/2.0" % h.addr, base(peer, **{name.replace("-", "_"): None}))
        m = expect(peer, 400)
        must(name.lower() in m.start.lower(), "names " + name, m)
    raw(h, peer, "OPTIONS sip:%s SIP/2.0" % h.addr, base(peer, Via=None))
    silence(peer, "without Via there is nobody to answer")


@check("3261 7.1", "another version is 505; a wrong CSeq is 400; numbers out of range are 400")
def broken_lines(h):
    peer = h.udp()
    raw(h, peer, "OPTIONS sip:%s SIP/7.0" % h.addr, base(peer))
    expect(peer, 505)
    for change in (dict(CSeq="CSeq: 1 INVITE"), dict(CSeq="CSeq: 36893488147419103232 OPTIONS"), dict(CSeq="CSeq: x OPTIONS"),
                   dict(Content_Length="Content-Length: -5"), dict(Max_Forwards="Max-Forwards: many"),
                   dict(To="To: <sip:x@example.test"), dict(From="From: \"unterminated <sip:x@example.test>;tag=1"),
                   dict(Call_ID="Call-ID: a b c"), dict(Content_Length="Content-Length: 0\r\nContent-Length: 5"),
                   dict(CSeq="CSeq: 1 OPTIONS\r\nCSeq: 2 OPTIONS")):
        raw(h, peer, "OPTIONS sip:%s SIP/2.0" % h.addr, base(peer, **change))
        m = expect(peer, 400)
    ask(peer, "OPTIONS", "sip:" + h.addr, 200)


@check("4475 3.1.2", "noise is dropped: not SIP, blanks in the start line, keep-alives, ACKs and responses that are broken")
def noise(h):
    peer = h.udp()
    for data in (b"\r\n", b"\r\n\r\n", b"\0", b"\0" * 20, b"GET / HTTP/1.1\r\n\r\n", b"jaK", b"SIP/2.0 200 OK\r\n\r\n", b"\xff" * 900,
                 b"INVITE", b"INVITE sip:x SIP/2.0\r\n", b"\r\n\r\n\r\n\r\n\r\n", b"A" * 60000):
        peer.send(data)
    peer.send(b"\x01\x01\x00\x00\x21\x12\xa4\x42" + b"0" * 12)
    raw(h, peer, "ACK sip:%s SIP/2.0" % h.addr, base(peer, "ACK", To=None))
    raw(h, peer, "SIP/2.0 180 Ringing", base(peer, "INVITE"))
    raw(h, peer, "SIP/2.0 200 OK", base(peer, "INVITE", CSeq=None))
    silence(peer, besides=("",))
    ask(h.udp(), "OPTIONS", "sip:" + h.addr, 200)


@check("4475 3.1.2", "blanks around the Request-URI, an escaped method, a Request-URI in brackets: 400, once", )
def start_lines(h):
    for start in ("OPTIONS  sip:%s  SIP/2.0", "OPTIONS <sip:%s> SIP/2.0", "OPTIONS sip:%s; lr SIP/2.0", "OPTIONS sip:%s SIP/2.0 "):
        peer = h.udp()
        raw(h, peer, start % h.addr, base(peer))
        m = final(peer, 0.5)
        must(m is None or m.status in (400, 200), "400, or nothing", m)


@check("3261 7.3.1", "headers twice where one may be: a 400 where it matters, passed where not")
def twice(h):
    peer = h.udp()
    raw(h, peer, "OPTIONS sip:%s SIP/2.0" % h.addr, base(peer, To="To: <sip:x@example.test>\r\nTo: <sip:y@example.test>"))
    expect(peer, 400)
    callee, aor = h.user()
    peer.send(request(peer, "OPTIONS", aor, extra=["Subject: a", "Subject: b", "User-Agent: x", "User-Agent: y"]))
    arrives(callee, "OPTIONS")


@check("3261 25", "unknown headers, 200 of them, one of 8,000 bytes: they pass")
def many_headers(h):
    callee, aor = h.user()
    peer = h.udp()
    extra = ["X-Header-%d: %s" % (i, "v" * 20) for i in range(200)] + ["X-Long: " + "y" * 8000]
    peer.send(request(peer, "OPTIONS", aor, extra=extra))
    m = callee.get(1)
    must(m and len([n for n, _ in m.headers if n.startswith("x-")]) == 201, "all there")


@check("3261 20.20", "a From without tag (RFC 2543), without brackets, a To that is a tel or an unknown scheme")
def froms(h):
    callee, aor = h.user()
    peer = h.udp()
    for frm, to in (("sip:caller@example.test", "<%s>" % aor), ("sip:caller@example.test;tag=a;x=y", "sip:x@example.test"),
                    ("Nobody Special <sip:caller@example.test>;tag=1", "<tel:110>"), ("<sip:caller@example.test>;tag=1", "<urn:x:y>"),
                    ("<sips:caller@example.test>;tag=1", "\"\" <sip:x@[::1]>")):
        peer.send(request(peer, "OPTIONS", aor, frm=frm, to=to))
        m = arrives(callee, "OPTIONS")
        must(m.get("From") == frm and m.get("To") == to, "as they were", m)
        answer(callee, m, 200)
        expect(peer, 200)


@check("3261 8.2.6.2", "our own answers: Via, From, To with one tag, Call-ID, CSeq as they came")
def own_answers(h):
    peer = h.udp()
    sent = Message(request(peer, "OPTIONS", "sip:nobody@example.test", frm="\"X, Y\" <sip:caller@example.test;a=b>;c=d;tag=\"q\"" if False
                           else "\"X, Y\" <sip:caller@example.test;a=b>;c=d;tag=q", cseq=2147483647), None)
    peer.send(sent.raw)
    m = expect(peer, 404)
    must(m.get("From") == sent.get("From") and m.get("Call-ID") == sent.get("Call-ID") and m.get("CSeq") == sent.get("CSeq"), "same", m)
    must(m.get("To").startswith(sent.get("To")) and len(re.findall("tag=", m.get("To"))) == 1, "one To tag", m)
    must(m.get("Content-Length") == "0" and not m.all("Record-Route"), "no body, no Record-Route", m)
    must(re.match(r"SIP/2\.0 404 \S", m.start), "a reason phrase", m)
    m = ask(peer, "BYE", "sip:nobody@example.test", 404, 481, to="<sip:nobody@example.test>;tag=theirs")
    must(m.tag("To") == "theirs", "a tag that is there stays", m)
