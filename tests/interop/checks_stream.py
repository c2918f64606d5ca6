"""RFC 3261 18, RFC 5626 3.5.1: TCP connections, their framing, and the ways between UDP and TCP."""
import time

from bench import arrives, ask, call, check, expect, final, must, provisional, silence
from checks_call import in_dialog
from wire import PATIENCE, Message, Tcp, answer, cancel, request, unique


@check("3261 18.3", "requests cut at every octet, and many in one write: each is answered once")
def framing(h):
    peer = h.tcp()
    data = request(peer, "OPTIONS", "sip:" + h.addr, body=b"body\r\n\r\nOPTIONS", extra=["Content-Type: text/plain"])
    for at in range(0, len(data), 7):
        peer.send(data[at:at + 7])
    expect(peer, 200)
    peer.send(b"".join(request(peer, "OPTIONS", "sip:" + h.addr, cseq=i) for i in range(1, 101)))
    got = {expect(peer, 200).get("CSeq") for _ in range(100)}
    must(len(got) == 100, "a hundred answers")
    silence(peer)


@check("5626 3.5.1", "CRLFCRLF is answered by CRLF; CRLF before and between requests does no harm")
def ping(h):
    peer = h.tcp()
    peer.send(b"\r\n\r\n")
    end = time.monotonic() + 2
    while not peer.buf and time.monotonic() < end:
        peer.read(0.1)
    must(peer.buf == b"\r\n", "a pong, got %r" % peer.buf)
    peer.buf = b""
    peer.send(b"\r\n" + request(peer, "OPTIONS", "sip:" + h.addr) + b"\r\n" + request(peer, "OPTIONS", "sip:" + h.addr))
    expect(peer, 200)
    expect(peer, 200)


@check("3261 20.14", "without Content-Length a stream has no borders: refused and closed, never guessed")
def no_length(h):
    peer = h.tcp()
    peer.send(request(peer, "OPTIONS", "sip:" + h.addr).replace(b"Content-Length: 0\r\n", b""))
    m = peer.get(1)
    must(m is None or m.status == 400, "400 at most", m)
    must(peer.is_closed(), "closed")
    peer = h.tcp()
    peer.send(request(peer, "OPTIONS", "sip:" + h.addr).replace(b"Content-Length: 0", b"Content-Length: 99999999999"))
    m = peer.get(1)
    must(m is None or m.status in (400, 413, 513), "refused", m)
    must(peer.is_closed(), "closed")
    ask(h.tcp(), "OPTIONS", "sip:" + h.addr, 200)


@check("3261 18.3", "noise on a stream closes it, and nothing else")
def noise(h):
    for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200, b"x" * 200000):
        peer = h.tcp()
        try:
            peer.send(data)
        except OSError:
            continue
        peer.get(0.1)
    ask(h.tcp(), "OPTIONS", "sip:" + h.addr, 200)


@check("3261 18.1.1", "a body of 64 KiB goes from TCP to TCP")
def large(h):
    callee = h.listener()
    aor = h.bind("<sip:c@%s;transport=tcp>" % callee.addr)
    peer = h.tcp()
    body = bytes(range(256)) * 256
    peer.send(request(peer, "MESSAGE", aor, body=body, extra=["Content-Type: application/octet-stream"]))
    there = callee.accept()
    must(there, "connected")
    m = arrives(h.keep(there), "MESSAGE")
    must(m.body == body, "the body, %d bytes" % len(m.body))
    answer(there, m, 200, body=body[:70000])
    must(expect(peer, 200).body == body[:70000], "and back")


@check("3261 18.1.1", "a request near the MTU goes by TCP where that is listened to, else by UDP")
def by_size(h):
    callee = h.udp()
    listener = h.listener()
    aor = h.bind("<sip:c@%s>" % callee.addr)
    peer = h.udp()
    peer.send(request(peer, "MESSAGE", aor, body=b"x" * 1600))
    must(callee.get(2), "falls back to UDP where TCP is refused")
    from wire import Listener
    both_tcp = None
    while not both_tcp:  # the same port for both, free for both
        both = h.udp()
        try:
            both_tcp = h.keep(Listener(both.port))
        except OSError:
            pass
    aor = h.bind("<sip:c@%s>" % both.addr)
    peer.send(request(peer, "MESSAGE", aor, body=b"x" * 1600))
    there = both_tcp.accept()
    must(there, "by TCP")
    m = arrives(h.keep(there), "MESSAGE")
    must("/TCP" in m.get("Via"), "its Via says so", m)
    answer(there, m, 200)
    expect(peer, 200)


@check("5658 3", "a call from UDP to TCP: Record-Route of both sides, ACK and BYE cross both ways")
def udp_to_tcp(h):
    listener = h.listener()
    aor = h.bind("<sip:c@%s;transport=tcp>" % listener.addr)
    caller = h.udp()
    raw = request(caller, "INVITE", aor)
    caller.send(raw)
    callee = h.keep(listener.accept())
    came = arrives(callee, "INVITE")
    must("/TCP" in came.get("Via") and len(came.all("Record-Route")) == 2, "two Record-Routes", came)
    must("transport=tcp" in came.get("Record-Route") and "transport" not in came.all("Record-Route")[1], "their sides", came)
    answer(callee, came, 200, extra=["Contact: <sip:callee@%s;transport=tcp>" % listener.addr])
    ok = expect(caller, 200)
    sent = Message(raw, None)
    caller.send(in_dialog(caller, callee, "ACK", sent, ok))
    m = arrives(callee, "ACK")
    must(not m.all("Route"), "no Route left", m)
    callee.at = h.at
    callee.send(request(callee, "BYE", "sip:caller@" + caller.addr, to=sent.get("From"), frm=ok.get("To"),
                        call_id=sent.get("Call-ID"), extra=["Route: " + r for r in came.all("Record-Route")]))
    m = arrives(caller, "BYE")
    must("/UDP" in m.get("Via") and not m.all("Route"), "by UDP", m)
    answer(caller, m, 200)
    expect(callee, 200)


@check("3261 18.1.1", "a callee registered over TCP is reached over that very connection or a new one", )
def connection_reuse(h):
    listener = h.listener()
    aor = h.bind("<sip:c@%s;transport=tcp>" % listener.addr)
    caller = h.udp()
    caller.send(request(caller, "OPTIONS", aor))
    there = h.keep(listener.accept())
    answer(there, arrives(there, "OPTIONS"), 200)
    expect(caller, 200)
    caller.send(request(caller, "OPTIONS", aor))
    answer(there, arrives(there, "OPTIONS"), 200)
    expect(caller, 200)
    there.close()
    caller.send(request(caller, "OPTIONS", aor))
    again = listener.accept()
    must(again, "a new connection after the old one is gone")
    answer(h.keep(again), arrives(again, "OPTIONS"), 200)
    expect(caller, 200)


@check("3261 18.2.2", "the connection is gone before the answer: it goes to the Via's address, or nowhere")
def gone_before_answer(h):
    callee, aor = h.user()
    caller, back = h.tcp(), h.listener()
    caller.send(request(caller, "OPTIONS", aor, via=["Via: SIP/2.0/TCP %s;branch=%s" % (back.addr, unique("z9hG4bK"))]))
    m = arrives(callee, "OPTIONS")
    caller.close()
    time.sleep(0.05)
    answer(callee, m, 200)
    there = back.accept(1)
    if there:
        expect(h.keep(there), 200)
    ask(h.udp(), "OPTIONS", "sip:" + h.addr, 200)


@check("3261 18.4", "the callee's connection closes while the request is out: a failure in time, and no harm to others")
def callee_closes(h):
    listener = h.listener()
    aor = h.bind("<sip:c@%s;transport=tcp>" % listener.addr)
    caller = h.udp()
    caller.send(request(caller, "INVITE", aor))
    there = listener.accept()
    arrives(there, "INVITE")
    there.close()
    m = final(caller, 0.3)
    must(m is None or m.status in (500, 503, 480, 408), "a failure", m)
    ask(h.udp(), "OPTIONS", "sip:" + h.addr, 200)


@check("3261 18.4", "TCP to a port where nobody listens fails at once")
def tcp_refused(h):
    listener = h.listener()
    aor = h.bind("<sip:c@%s;transport=tcp>" % listener.addr)
    listener.close()
    caller = h.udp()
    caller.send(request(caller, "INVITE", aor))
    expect(caller, 500, 503, 480)


@check("3261 18.2.1", "received and rport over TCP; the answer comes by the connection whatever the Via says")
def via_over_tcp(h):
    peer = h.tcp()
    peer.send(request(peer, "OPTIONS", "sip:" + h.addr, via=["Via: SIP/2.0/TCP 192.0.2.9:7;branch=%s;rport" % unique("z9hG4bK")]))
    m = expect(peer, 200)
    must("received=127.0.0.1" in m.get("Via") and "rport=%d" % peer.port in m.get("Via"), "Via", m)


@check("3261 17.1.1.2", "nothing is sent again over TCP", house="quick")
def no_resending(h):
    listener = h.listener()
    aor = h.bind("<sip:c@%s;transport=tcp>" % listener.addr)
    caller = h.udp()
    caller.send(request(caller, "INVITE", aor))
    there = h.keep(listener.accept())
    arrives(there, "INVITE")
    silence(there, timeout=0.5)


@check("3261 18", "the connection is half closed after the request: the answer still comes", )
def half_closed(h):
    import socket
    peer = h.tcp()
    peer.send(request(peer, "OPTIONS", "sip:" + h.addr))
    m = final(peer, 1)
    must(m and m.status == 200, "answered", m)
    peer.s.shutdown(socket.SHUT_WR)
    must(peer.is_closed(), "closed by both")


@check("3261 18", "a reader who does not read harms nobody else")
def no_reader(h):
    stuck = h.tcp()
    stuck.s.setblocking(False)
    data = b"".join(request(stuck, "OPTIONS", "sip:" + h.addr) for _ in range(400))
    try:
        for _ in range(20):
            stuck.s.send(data)
    except (BlockingIOError, ConnectionError):
        pass
    for _ in range(5):
        ask(h.tcp(), "OPTIONS", "sip:" + h.addr, 200, timeout=1.5 * PATIENCE)
