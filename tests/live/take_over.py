"""What happens around a take-over: connections that are never refused, a challenge answered to the next one, a phone that has to
come again, a taker that dies."""
import hashlib
import os
import re
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


try:
    {"connect": connect, "challenge": challenge, "phone": phone, "die": die}[sys.argv[1]](*sys.argv[2:])
except Failed as failure:
    sys.exit(str(failure))
