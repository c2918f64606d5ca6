"""What do others feel of peers that never read, that reset, that come in a storm, that are black holes?

    bad_peers.py ROUNDS CA     ROUNDS at least, more while the machine's other work may be what is measured

Beside each kind of bad peer the round trips of OPTIONS and of MESSAGEs to somebody else are measured over UDP, TCP and TLS, in rounds
that take turns with rounds without: the best of either are compared. Questions are asked by the clock, whether or not answers
come: who waits for one would not notice how many a stop hits."""
import collections
import ctypes
import mmap
import os
import select
import signal
import socket
import ssl
import struct
import sys
import time
from peer import PROXY, SLOW, check, ip, run

ROUNDS, ROUNDS_MAX, AUTHORITY = int(sys.argv[1]), int(sys.argv[1]) + 8, sys.argv[2]
ROUND_S, STEP_S = 0.7, 0.001 * SLOW
LOST_S = 1.0
LIMIT_S = 0.005
SO_ATTACH_FILTER = 26
KINDS = ("udp", "tcp", "tls")
context = ssl.create_default_context(cafile=AUTHORITY)


def request(method, uri, kind, serial, host, extra=b"", user=b"probe"):
    return (b"%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s:9;branch=z9hG4bKb%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=1\r\n"
            b"To: <%s>\r\nCall-ID: %s\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n"
            % (method, uri, kind.upper().encode(), host.encode(), serial, user, PROXY.encode(), uri, serial, method, extra))


def options(serial, kind="tcp", host=ip(3), size=0):
    extra = b"X-Pad: " + b"x" * size + b"\r\n" if size else b""
    return request(b"OPTIONS", b"sip:" + PROXY.encode(), kind, b"%d.%d" % (os.getpid(), serial), host, extra)


def connect(n, port=5060, rcvbuf=0):
    s = socket.socket()
    if rcvbuf:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    s.bind((ip(n), 0))
    s.settimeout(10 * SLOW)
    s.connect((PROXY, port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def secure(s):
    return context.wrap_socket(s, server_hostname="a.test")


def client_hello():
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="a.test").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


UPGRADE = (b"GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n" % PROXY.encode())


def upgrade(s):
    s.sendall(UPGRADE)
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = s.recv(4096)
        check(piece, "no upgrade")
        answer += piece
    check(b" 101 " in answer, "no upgrade: %r" % answer[:60])
    return s


def frame(text):
    return b"\x81" + struct.pack(">BH", 0x80 | 126, len(text)) + bytes(4) + text


def deafen(s):
    """Nothing arrives at this socket any more, not even what the kernel would answer: as if the network had gone."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))


# ---- bad peers: each runs in a process of its own until it is killed, and counts its deeds by `did`

def never_reads(did, kind):
    def start():
        s = connect(3, 5061 if kind in ("tls", "wss") else 5060, 2048)
        s = secure(s) if kind in ("tls", "wss") else s
        s = upgrade(s) if kind in ("ws", "wss") else s
        s.setblocking(False)
        return s

    lines = [[start(), b""] for _ in range(10)]
    serial = 0
    while True:
        for line in lines:
            if not line[1]:
                serial += 1
                text = options(serial, kind, size=600)
                line[1] = frame(text) if kind in ("ws", "wss") else text
            try:
                # A TLS that took nothing wants the same bytes again.
                line[1] = line[1][line[0].send(line[1]):]
                did()
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                pass
            except OSError:
                line[0].close()
                line[0], line[1] = start(), b""
                did()
        time.sleep(0.004 * SLOW)  # the pace of the load, not a wait


def resets(did, kind):
    first = {"tcp": options(1) + request(b"MESSAGE", b"sip:bob@" + PROXY.encode(), "tcp", b"reset", ip(3)), "tls": client_hello(),
             "ws": UPGRADE}[kind]
    n = 0
    while True:
        n += 1
        s = connect(3, 5061 if kind == "tls" else 5060)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.sendall(first[:len(first) // 2] if n % 3 == 0 else first)
        if n % 3 == 1:
            s.recv(4096)
            s.sendall(first[:3])
        s.close()
        did()
        time.sleep(0.003 * SLOW)  # the pace of the load, not a wait


def resets_at_once(did, kind):
    """Connections that come and wait; then all begin their handshakes in one moment, and are gone in the next."""
    hello = client_hello()
    while True:
        lines = [connect(3, 5061) for _ in range(64)]
        for s in lines:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for s in lines:
            s.send(hello)
        time.sleep(0.1 * SLOW)
        for s in lines:
            s.close()
            did()


def storms(did, kind):
    """Ten thousand connections a second from one address, if the core has time for it, which say nothing and are soon gone."""
    lines = collections.deque()
    due = time.monotonic()
    while True:
        for _ in range(100):
            s = socket.socket()
            s.setblocking(False)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.bind((ip(3), 0))
            s.connect_ex((PROXY, 5061 if kind == "tls" else 5060))
            lines.append(s)
            did()
        while len(lines) > 500:
            lines.popleft().close()
        due += 0.01 * SLOW
        time.sleep(max(0, due - time.monotonic()))  # the pace of the load, not a wait


def swallows(did, kind):
    """UDP: nobody answers. TCP: SYNs vanish. TLS: connections come about, and a ClientHello is never answered."""
    holes = []
    for _ in range(60):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        s.bind((ip(4), 0))
        if kind != "udp":
            s.listen(16)
        if kind != "tls":
            deafen(s)
        holes.append(s)
    source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    source.bind((ip(3), 0))
    n = 0
    while True:
        n += 1
        uri = "sip:hole@%s:%d;transport=%s" % (ip(4), holes[n % len(holes)].getsockname()[1], kind)
        source.sendto(request(b"MESSAGE", uri.encode(), "udp", b"hole%d.%d" % (os.getpid(), n), ip(3)), (PROXY, 5060))
        did()
        time.sleep(0.01 * SLOW)  # the pace of the load, not a wait


def vanishes(did, kind):
    """Registered over a connection, in the middle of a talk, and gone without a word; others write to them."""
    source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    source.bind((ip(3), 0))
    lines = []
    while True:
        s = connect(4, 5061 if kind == "tls" else 5060)
        s = secure(s) if kind == "tls" else s
        user = b"gone%d.%d" % (os.getpid(), len(lines))
        contact = ("Contact: <sip:gone@%s:%d;transport=%s>\r\nExpires: 60\r\n" % (*s.getsockname(), kind)).encode()
        register = request(b"REGISTER", b"sip:" + PROXY.encode(), kind, user, ip(4), contact)
        s.sendall(register.replace(b"To: <sip:", b"To: <sip:%s@" % user))
        check(b" 200 " in s.recv(4096), "a phone that is to vanish has not registered")
        deafen(s)
        lines.append(s)
        for i in range(10):
            s.sendall(options(i, kind, ip(4), 300))
            source.sendto(request(b"MESSAGE", b"sip:%s@%s" % (user, PROXY.encode()), "udp", b"%s.%d" % (user, i), ip(3)),
                          (PROXY, 5060))
        did()
        time.sleep(0.02 * SLOW)  # the pace of the load, not a wait


BAD = [(never_reads, k) for k in ("tcp", "tls", "ws", "wss")] + [(resets, k) for k in ("tcp", "tls", "ws")] + [(resets_at_once, "tls")] + \
      [(storms, k) for k in ("tcp", "tls")] + [(swallows, k) for k in KINDS] + [(vanishes, k) for k in ("tcp", "tls")]


class BadPeer:
    def __init__(self, deed, kind):
        self.deeds = mmap.mmap(-1, 8)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                # These would be machines of their own: after those who are measured, before other work.
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
                os.setpriority(os.PRIO_PROCESS, 0, -15 if os.geteuid() == 0 else 0)
                deed(self.did, kind)
            except BaseException as why:
                print("%s %s: %r" % (deed.__name__, kind, why), flush=True)
            os._exit(1)

    def did(self):
        self.deeds[:8] = struct.pack("Q", self.count() + 1)

    def count(self):
        return struct.unpack("Q", self.deeds[:8])[0]

    def is_at_it(self):
        return os.waitpid(self.pid, os.WNOHANG)[0] == 0

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Way:
    """A good peer's flow."""

    def __init__(self, kind):
        self.kind, self.pending = kind, b""
        if kind == "udp":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((ip(2), 0))
            self.socket.connect((PROXY, 5060))
        else:
            self.socket = secure(connect(2, 5061)) if kind == "tls" else connect(2)
        self.socket.setblocking(False)

    def read(self):
        """The final answers that have come: their Call-IDs."""
        try:
            while True:
                piece = self.socket.recv(65536)
                check(piece, "a good connection was closed")
                self.pending += piece
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        *whole, self.pending = self.pending.split(b"\r\n\r\n")
        return [m.partition(b"\r\nCall-ID: ")[2].partition(b"\r\n")[0] for m in whole if not m.startswith(b"SIP/2.0 1")]


class Good:
    def __init__(self):
        self.serial, self.ways = 0, [Way(kind) for kind in KINDS]
        self.bob = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.bob.bind((ip(5), 5070))
        register = request(b"REGISTER", b"sip:" + PROXY.encode(), "udp", b"bob%d" % os.getpid(), ip(5),
                           b"Contact: <sip:bob@%s:5070>\r\nExpires: 3600\r\n" % ip(5).encode(), b"bob")
        self.bob.sendto(register.replace(b"To: <sip:", b"To: <sip:bob@"), (PROXY, 5060))
        check(b" 200 " in self.bob.recv(4096), "bob has not registered")
        self.bob.setblocking(False)

    def ask(self, way, sent):
        self.serial += 1
        name = b"good%d.%d" % (os.getpid(), self.serial)
        what = (b"OPTIONS", b"sip:" + PROXY.encode()) if self.serial % 2 else (b"MESSAGE", b"sip:bob@" + PROXY.encode())
        sent[name] = (way.kind, time.monotonic())
        way.socket.send(request(*what, way.kind, name, ip(2)))

    def answer(self):
        try:
            while True:
                data, source = self.bob.recvfrom(65536)
                keep = [h for h in data.split(b"\r\n") if h.partition(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
                self.bob.sendto(b"\r\n".join([b"SIP/2.0 200 OK"] + keep + [b"Content-Length: 0", b"", b""]), source)
        except BlockingIOError:
            pass

    def listen(self, seconds, sent, times):
        ready, _, _ = select.select([self.bob] + [way.socket for way in self.ways], [], [], max(0, seconds))
        if self.bob in ready:
            self.answer()
        for way in self.ways:
            for name in way.read() if way.socket in ready else []:
                kind, began = sent.pop(name, (None, 0))
                if kind:
                    times[kind].append(time.monotonic() - began)

    def round(self):
        """The median and p99 of each kind of transport; what is never answered took LOST_S."""
        sent, times = {}, {kind: [] for kind in KINDS}
        due = time.monotonic()
        end, n = due + ROUND_S * min(SLOW, 4), 0
        while due < end:
            self.listen(due - time.monotonic(), sent, times)
            if time.monotonic() >= due:
                self.ask(self.ways[n // 2 % len(self.ways)], sent)
                n, due = n + 1, due + STEP_S
        while sent and time.monotonic() < end + LOST_S * SLOW:
            self.listen(0.05, sent, times)
        for kind, _ in sent.values():
            times[kind].append(LOST_S)
        return {kind: (sorted(t)[len(t) // 2], sorted(t)[len(t) * 99 // 100]) for kind, t in times.items()}


def best(rounds):
    return {kind: tuple(min(r[kind][i] for r in rounds) for i in (0, 1)) for kind in KINDS}


def beside(good, deed, kind):
    """Rounds without and with, taking turns: the best of either, how many, and the deeds a second of the bad."""
    calm, troubled, deeds, spent = [], [], 0, 0
    while len(calm) < ROUNDS_MAX:
        calm.append(good.round())
        bad = BadPeer(deed, kind)
        end = time.monotonic() + 20 * SLOW
        while bad.is_at_it() and bad.count() < 10 and time.monotonic() < end:
            time.sleep(0.01)
        before, began = bad.count(), time.monotonic()
        troubled.append(good.round())
        check(bad.is_at_it(), "%s %s gave up" % (deed.__name__, kind))
        deeds, spent = deeds + bad.count() - before, spent + time.monotonic() - began
        bad.end()
        without, with_it = best(calm), best(troubled)
        if len(calm) >= ROUNDS and (SLOW > 1 or all(with_it[k][1] - without[k][1] < LIMIT_S for k in KINDS)):
            break
    return without, with_it, len(calm), deeds / spent


def test_bad_peers_delay_nobody():
    good = Good()
    good.round()
    failed = []
    print("ms: p50/p99 without, p50/p99 with, and what p99 has risen by; load %.1f" % os.getloadavg()[0])
    print("%-16s" % "" + "".join("%-34s" % kind for kind in KINDS) + "rounds  deeds/s", flush=True)
    for deed, kind in BAD:
        without, with_it, rounds, pace = beside(good, deed, kind)
        line = "%-16s" % (deed.__name__ + " " + kind)
        for k in KINDS:
            added = with_it[k][1] - without[k][1]
            line += "%-34s" % ("%5.2f/%5.2f %5.2f/%5.2f %+6.2f" % tuple(1e3 * x for x in (*without[k], *with_it[k], added)))
            if added >= LIMIT_S:
                failed.append("%s %s: p99 over %s rose by %.2f ms" % (deed.__name__, kind, k, added * 1e3))
        print(line + "%6d %8.0f" % (rounds, pace), flush=True)
        check(pace * SLOW >= 10, "%s %s did too little" % (deed.__name__, kind))
    print("load %.1f" % os.getloadavg()[0])
    # Slow builds are late by themselves.
    check(not failed or SLOW > 1, "; ".join(failed))


run([test_bad_peers_delay_nobody])
