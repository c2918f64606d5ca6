"""What happens around a take-over: connections that are never refused, a challenge answered to the next one, a phone that has to
come again, calls whose phones are reached by flows alone, a taker that dies."""
import hashlib
import os
import re
import select
import signal
import socket
import sys
import time

from peer import PATIENCE, PROXY, Failed, Phone, ip

ROOM = os.environ["LIVE_ROOM"]


def connect():
    """A connection every few milliseconds, for as long as it goes; each second one asks, and is answered or closed."""
    count = answered = 0
    while not os.path.exists(os.path.join(ROOM, "enough")):
        count += 1
        line = socket.create_connection((PROXY, 5060), timeout=PATIENCE, source_address=(ip(7), 0))
        host, port = line.getsockname()
        if count % 2:
            line.sendall(f"OPTIONS sip:{PROXY} SIP/2.0\r\nVia: SIP/2.0/TCP {host}:{port};branch=z9hG4bK{count}\r\n"
                         f"Max-Forwards: 70\r\nFrom: <sip:a@{host}>;tag=1\r\nTo: <sip:{PROXY}>\r\nCall-ID: c{count}\r\n"
                         "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode())
            try:
                answered += line.recv(4000).startswith(b"SIP/2.0 200 ")
            except ConnectionResetError:
                pass
        line.close()
        time.sleep(0.01)  # a pace, no wait for anything
    print(f"{count} connections, {answered} answers")
    if answered < count / 4:
        raise Failed(f"{answered} answers to {count // 2} questions")


def watch():
    """Whoever asks whether calls are taken is told that they are, as often as it asks."""
    count = 0
    while not os.path.exists(os.path.join(ROOM, "enough")):
        count += 1
        with socket.create_connection((PROXY, 5080), timeout=PATIENCE) as line:
            line.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
            try:
                answer = line.recv(4000)
            except ConnectionResetError:
                answer = b""
        if answer and b" 200 " not in answer[:14]:  # none: the old one has closed what it was asked by
            raise Failed(f"question {count} was answered {answer}")
        time.sleep(0.001)  # a pace, no wait for anything
    print(f"{count} answers")


def digest(challenge, user, password, method, uri, nc):
    realm, nonce = (re.search(name + '="([^"]*)"', challenge).group(1) for name in ("realm", "nonce"))
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
    count = f"{nc:08x}"
    response = md5(f"{md5(f'{user}:{realm}:{password}')}:{nonce}:{count}:c0ffee:auth:{md5(f'{method}:{uri}')}")
    return (f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", '
            f'algorithm=MD5, qop=auth, nc={count}, cnonce="c0ffee"')


def challenge(go):
    phone = Phone("alice", 2)

    def ask(credentials=None):
        phone.send(phone.request("REGISTER", "sip:" + PROXY, f"<sip:alice@{PROXY}>",
                                 headers=[("Authorization", credentials)] if credentials else ()))

    def answer(nc):
        return digest(told, "alice", "secret", "REGISTER", "sip:" + PROXY, nc)

    ask()
    told = next(v for v in phone.expect(401).all("WWW-Authenticate") if "SHA" not in v)
    ask(answer(1))
    phone.expect(200)
    print("challenged", flush=True)
    open(go).readline()
    ask(answer(2))
    phone.expect(200)
    ask(answer(1))
    if "stale=true" not in phone.expect(401).get("WWW-Authenticate"):
        raise Failed("a count that was used is no longer known")


def phone():
    """One that registers by a connection: it is closed by who has handed over, and soon, for calls come to the next one."""
    line = Phone("dave", 5, "tcp")
    line.register()
    print("registered", flush=True)
    line.line.settimeout(PATIENCE)
    if line.line.recv(1):
        raise Failed("something came by the connection")


def register_with_flow(phone, n):
    """RFC 5626: whoever is to reach it must go by this flow, and says so with a token in Record-Route."""
    phone.contact += ";ob"
    m = phone.request("REGISTER", "sip:" + PROXY, f"<sip:{phone.user}@{PROXY}>", headers=[("Supported", "path, outbound")])
    instance = f';reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-{n:012}>"'
    m.headers = [(name, value + instance if name == "Contact" else value) for name, value in m.headers]
    phone.send(m)
    phone.expect(200)


def ring(caller, callee):
    register_with_flow(caller, 2 * Phone.count)
    register_with_flow(callee, 2 * Phone.count + 1)
    call = caller.invite(callee.user, [("Supported", "outbound")])
    invite = callee.expect("INVITE")
    if not any("flow." in v for v in invite.all("Record-Route")):
        raise Failed("no flow token in Record-Route")
    callee.answer(invite, 180)
    caller.expect(180)
    return caller, callee, call, invite


def talk(caller, callee, call, invite):
    callee.answer(invite, 200)
    ok = caller.expect(200)
    caller.in_dialog("ACK", call, ok, 1)
    callee.expect("ACK")
    caller.in_dialog("INVITE", call, ok, 2)
    callee.answer(callee.expect("INVITE"), 200)
    caller.in_dialog("ACK", call, caller.expect(200), 2)
    callee.expect("ACK")
    callee.from_callee("INFO", invite, 1)
    caller.answer(caller.expect("INFO"), 200)
    callee.expect(200)
    caller.in_dialog("BYE", call, ok, 3)
    callee.answer(callee.expect("BYE"), 200)
    caller.expect(200)


def calls(go):
    """Calls by flow tokens go on: those of datagrams by the next one, those of connections by who has them."""
    ringing = [ring(Phone("a1", 2, "udp", 5081), Phone("b1", 3, "udp", 5081)),
               ring(Phone("a2", 2, "udp", 5082), Phone("b2", 3, "tcp", 5082)),
               ring(Phone("a3", 2, "tcp", 5083), Phone("b3", 3, "udp", 5083))]
    print("ringing", flush=True)
    open(go).readline()
    for call in ringing:
        talk(*call)


def scan():
    """One that earns a ban."""
    phone = Phone("eve", 7)
    for _ in range(20):
        phone.send(phone.request("OPTIONS", "sip:" + PROXY, headers=[("User-Agent", "friendly-scanner")]))


def ask():
    phone = Phone("eve", 7)
    phone.send(phone.request("OPTIONS", "sip:" + PROXY))
    phone.expect(200)


def die(step):
    """As a new repro would ask, which ends at this step, a datagram having come meanwhile."""
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(PATIENCE)
    line.connect(os.path.join(ROOM, "repro.sock"))
    line.sendall(b"take-over 1\n")
    data, fds, _, _ = socket.recv_fds(line, 3, 64)
    if data != b"ok\n":
        raise Failed(f"take-over was answered {data}")
    head, fds, _, _ = socket.recv_fds(line, 16, 64)
    items, length = int.from_bytes(head[6:8], "big"), int.from_bytes(head[12:16], "big")
    line.recv(8 * items + length, socket.MSG_WAITALL)
    if len(fds) < 4:
        raise Failed(f"{len(fds)} descriptors were handed over")
    phone = Phone("carol", 4)
    if step == "hold":
        line.sendall(b"hold\n")
        if line.recv(3) != b"ok\n":
            raise Failed("hold was not answered")
        phone.send(phone.request("OPTIONS", "sip:" + PROXY))
        phone.expect_silence(0.2)
    for fd in fds:
        os.close(fd)
    line.close()
    if step == "hold":
        phone.expect(200)


def bury(old):
    """Between the old one and the new one; when the new one is ready the old one is killed, and does not answer."""
    door, hidden = (os.path.join(ROOM, name) for name in ("repro.sock", "hidden.sock"))
    os.rename(door, hidden)
    ear = socket.socket(socket.AF_UNIX)
    ear.bind(door)
    ear.listen()
    ear.settimeout(PATIENCE)
    print("between them", flush=True)
    fresh, _ = ear.accept()
    line = socket.socket(socket.AF_UNIX)
    line.connect(hidden)
    os.unlink(door)
    os.rename(hidden, door)
    for side in fresh, line:
        side.settimeout(PATIENCE)
    while True:
        ready, _, _ = select.select((fresh, line), (), (), PATIENCE)
        if not ready:
            raise Failed("nobody says anything")
        other = line if ready[0] is fresh else fresh
        data, fds, _, _ = socket.recv_fds(ready[0], 65536, 64)
        if not data:
            raise Failed("it was over before the new one was ready")
        if ready[0] is fresh and data == b"ready\n":
            break
        if fds and data.startswith(b"ok\n"):  # they come with what is behind it
            other.sendall(data[:3])
            data = data[3:]
        socket.send_fds(other, [data], fds)
        for fd in fds:
            os.close(fd)
    os.kill(int(old), signal.SIGKILL)
    fresh.close()


try:
    deeds = {"bury": bury, "connect": connect, "watch": watch, "challenge": challenge, "phone": phone, "calls": calls, "scan": scan,
             "ask": ask, "die": die}
    deeds[sys.argv[1]](*sys.argv[2:])
except Failed as failure:
    sys.exit(str(failure))
