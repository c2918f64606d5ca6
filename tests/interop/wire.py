"""SIP from the outside: messages as text, plain sockets, and one repro as a child process."""
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
           "c": "content-type", "e": "content-encoding", "k": "supported", "s": "subject"}
IS_SLOW = int(os.environ.get("STROWGER_SLOW") or 1) > 1
PATIENCE = 10.0  # seconds in which what is due must come
LISTS = {"via", "contact", "route", "record-route", "path", "unsupported", "supported", "allow", "accept"}


class Failed(Exception):
    pass


def split_list(value):
    """A comma list, commas in quotes and angle brackets left alone."""
    out, cur, quoted, angle, skip = [], "", False, False, False
    for c in value:
        if skip:
            skip = False
        elif quoted and c == "\\":
            skip = True
        elif c == '"':
            quoted = not quoted
        elif not quoted and c in "<>":
            angle = c == "<"
        elif c == "," and not quoted and not angle:
            out.append(cur.strip())
            cur = ""
            continue
        cur += c
    if cur.strip():
        out.append(cur.strip())
    return out


class Message:
    """One received message: start line, headers in order (names in lower case), body."""

    def __init__(self, raw, source):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        text = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace"))
        lines = text.split("\r\n")
        self.raw, self.source, self.start, self.headers = raw, source, lines[0], []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))
        words = self.start.split(" ", 2)
        self.is_response = words[0].startswith("SIP/")
        self.status = int(words[1]) if self.is_response else 0
        self.method = "" if self.is_response else words[0]
        self.uri = "" if self.is_response else words[1]

    def all(self, name):
        name = name.lower()
        values = [v for n, v in self.headers if n == name]
        return [x for v in values for x in split_list(v)] if name in LISTS else values

    def get(self, name):
        values = self.all(name)
        return values[0] if values else ""

    def branch(self):
        found = re.search(r";\s*branch=([^;,\s]+)", self.get("Via"))
        return found.group(1) if found else ""

    def tag(self, name):
        found = re.search(r";\s*tag=([^;,\s]+)", self.get(name))
        return found.group(1) if found else ""


class Udp:
    """A UDP peer. `at` is where its requests go unless they say otherwise."""

    # Ports that were somebody's: what is sent again to who has gone must not come to another.
    spent = set()

    def __init__(self, at=None, host="127.0.0.1"):
        while True:
            self.s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self.s.bind((host, 0))
            self.host, self.port = self.s.getsockname()[:2]
            if self.port not in Udp.spent:
                break
            self.s.close()
        Udp.spent.add(self.port)
        self.at, self.transport = at, "UDP"
        self.addr = ("[%s]:%d" if ":" in host else "%s:%d") % (self.host, self.port)

    def send(self, text, to=None):
        self.s.sendto(text if isinstance(text, bytes) else text.encode(), to or self.at)

    def get(self, timeout=PATIENCE):
        """The next message, or None."""
        end = time.monotonic() + timeout
        while True:
            self.s.settimeout(max(0.0005, end - time.monotonic()))
            try:
                data, source = self.s.recvfrom(70000)
            except (socket.timeout, BlockingIOError):
                return None
            except ConnectionRefusedError:
                continue
            if data.strip():
                return Message(data, source)

    def close(self):
        self.s.close()


class Tcp:
    """A TCP peer: a connection to `at`, or one that was accepted."""

    def __init__(self, at=None, sock=None):
        self.s = sock or socket.create_connection(at, 3)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host, self.port = self.s.getsockname()[:2]
        self.addr = "%s:%d" % (self.host, self.port)
        self.at, self.transport, self.buf, self.is_over = at, "TCP", b"", False

    def send(self, text, to=None):
        self.s.sendall(text if isinstance(text, bytes) else text.encode())

    def read(self, timeout):
        """False when nothing more comes."""
        self.s.settimeout(max(0.0005, timeout))
        try:
            data = self.s.recv(200000)
        except (socket.timeout, BlockingIOError):
            return False
        except OSError:
            data = b""
        self.is_over = not data
        self.buf += data
        return bool(data)

    def get(self, timeout=PATIENCE):
        end = time.monotonic() + timeout
        while True:
            self.buf = self.buf.lstrip(b"\r\n")
            head = self.buf.find(b"\r\n\r\n")
            if head >= 0:
                found = re.search(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)", self.buf[:head], re.I)
                size = head + 4 + (int(found.group(1)) if found else 0)
                if len(self.buf) >= size:
                    raw, self.buf = self.buf[:size], self.buf[size:]
                    return Message(raw, self.at)
            if time.monotonic() >= end or self.is_over:
                return None
            self.read(end - time.monotonic())

    def is_closed(self, timeout=PATIENCE):
        end = time.monotonic() + timeout
        while not self.is_over and time.monotonic() < end:
            self.read(end - time.monotonic())
        return self.is_over

    def close(self):
        self.s.close()


class Listener:
    def __init__(self, port=0):
        self.s = socket.socket()
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.s.bind(("127.0.0.1", port))
        self.s.listen(16)
        self.host, self.port = self.s.getsockname()
        self.addr = "%s:%d" % (self.host, self.port)

    def accept(self, timeout=PATIENCE):
        self.s.settimeout(timeout)
        try:
            return Tcp(sock=self.s.accept()[0])
        except socket.timeout:
            return None

    def close(self):
        self.s.close()


count = [0]


def unique(prefix=""):
    count[0] += 1
    return "%s%x.%x" % (prefix, os.getpid(), count[0])


def request(peer, method, uri, **o):
    """A whole request. o: to, frm, call_id, cseq, branch, via (whole lines), mf (None: none), extra (lines), body, tag."""
    to = o.get("to") or "<%s>" % uri
    tag = o.get("tag") or unique("f")
    lines = ["%s %s SIP/2.0" % (method, uri)]
    lines += o.get("via") or ["Via: SIP/2.0/%s %s;branch=%s;rport" % (
        peer.transport, peer.addr, o.get("branch") or unique("z9hG4bK"))]
    if o.get("mf", 70) is not None:
        lines.append("Max-Forwards: %s" % o.get("mf", 70))
    lines.append("From: %s" % (o.get("frm") or "<sip:caller@example.test>;tag=%s" % tag))
    lines.append("To: %s" % to)
    lines.append("Call-ID: %s" % (o.get("call_id") or unique("c")))
    lines.append("CSeq: %s" % (o.get("cseq_line") or "%d %s" % (o.get("cseq", 1), method)))
    if method in ("INVITE", "SUBSCRIBE") and o.get("contact") is None:
        lines.append("Contact: <sip:caller@%s>" % peer.addr)
    elif o.get("contact"):
        lines += ["Contact: %s" % c for c in
                  (o["contact"] if isinstance(o["contact"], list) else [o["contact"]])]
    lines += o.get("extra") or []
    body = o.get("body") or b""
    lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def response(to, status, reason="Because", tag=None, extra=None, via=None, cseq=None, body=b""):
    """A whole response to the request `to`, as a user agent makes it."""
    lines = ["SIP/2.0 %d %s" % (status, reason)]
    lines += ["Via: " + v for v in (to.all("Via") if via is None else via)]
    lines += ["Record-Route: " + v for v in to.all("Record-Route")]
    lines.append("From: " + to.get("From"))
    to_value = to.get("To")
    if status > 100 and not to.tag("To"):
        to_value += ";tag=" + (tag or "uas%d" % status)
    lines.append("To: " + to_value)
    lines.append("Call-ID: " + to.get("Call-ID"))
    lines.append("CSeq: " + (cseq or to.get("CSeq")))
    lines += extra or []
    lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def answer(peer, to, status, **o):
    peer.send(response(to, status, **o), getattr(to, "source", None))


def ack(peer, final, invite_raw, route=None, uri=None):
    """The ACK for a failure: of the INVITE's own transaction (RFC 3261 17.1.1.3)."""
    sent = Message(invite_raw, None)
    lines = ["ACK %s SIP/2.0" % (uri or sent.uri), "Via: " + sent.get("Via"), "Max-Forwards: 70",
             "From: " + sent.get("From"), "To: " + final.get("To"), "Call-ID: " + sent.get("Call-ID"),
             "CSeq: %s ACK" % sent.get("CSeq").split()[0]]
    lines += ["Route: " + r for r in (route if route is not None else sent.all("Route"))]
    peer.send("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n")


def cancel(invite_raw, extra=None, **change):
    sent = Message(invite_raw, None)
    lines = ["CANCEL %s SIP/2.0" % sent.uri, "Via: " + (change.get("via") or sent.get("Via")), "Max-Forwards: 70",
             "From: " + sent.get("From"), "To: " + sent.get("To"), "Call-ID: " + sent.get("Call-ID"),
             "CSeq: %s CANCEL" % sent.get("CSeq").split()[0]]
    lines += ["Route: " + r for r in sent.all("Route")] + (extra or [])
    return ("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode()


def has_ipv6():
    try:
        Udp(host="::1").close()
        return True
    except OSError:
        return False


def free_port():
    """
    A port free for UDP and TCP on every address at this moment, and none that the kernel hands out by itself: whoever connects to one
    of those before anybody listens there may be given it as its own, and then it is connected to itself.
    """
    while True:
        port = random.randrange(10000, 32768)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u, socket.socket() as t:
            try:
                u.bind(("", port))
                t.bind(("", port))
            except OSError:
                continue
            return port


class Repro:
    """One repro on loopback, gone with its folder when closed."""

    def __init__(self, binary, users=(), **settings):
        self.folder = tempfile.mkdtemp(prefix="repro-conform-")
        self.binary = binary
        self.log = open(os.path.join(self.folder, "log"), "w+")
        for attempt in range(5):
            path = self.configure(settings)
            if attempt == 0:
                self.add_users(path, users)
            self.child = subprocess.Popen([binary, "-c", path], stdout=self.log, stderr=self.log)
            if self.is_ready():
                return
            if "address in use" not in self.said():  # somebody else was quicker: another port
                break
        raise Failed("repro does not start: " + self.said())

    def configure(self, settings):
        self.port = free_port()
        self.at = ("127.0.0.1", self.port)
        self.addr = "127.0.0.1:%d" % self.port
        all_settings = {"IPAddress": "127.0.0.1", "UDPPort": self.port, "TCPPort": self.port, "HttpPort": 0,
                        "DisableAuth": "true", "EnableIPv6": "false", "DatabasePath": self.folder,
                        "Domains": "example.test, other.test", "RecordRouteUri": "auto", "LogLevel": "WARNING",
                        "DNSServers": "127.0.0.1:9", "CongestionManagementTolerance": 5000}
        if IS_SLOW:  # it is late all the time, and would say so by 503; on a busy machine others are now and then
            all_settings["CongestionManagement"] = "false"
        all_settings.update(settings)
        path = os.path.join(self.folder, "repro.config")
        with open(path, "w") as f:
            f.writelines("%s = %s\n" % item for item in all_settings.items())
        return path

    def add_users(self, path, users):
        for name, password in users:
            subprocess.run([self.binary, "-c", path, "user", "add", name, "--password", password], check=True,
                           stdout=subprocess.DEVNULL)

    def is_ready(self):
        end = time.monotonic() + 5 * PATIENCE
        while time.monotonic() < end and self.child.poll() is None:
            try:
                socket.create_connection(self.at, 1).close()
            except OSError:
                time.sleep(0.01)
                continue
            time.sleep(0.01)  # a stranger may have answered there
            return self.child.poll() is None
        return False

    def said(self):
        self.log.flush()
        with open(self.log.name) as f:
            return f.read()[-2000:]

    def is_alive(self):
        return self.child.poll() is None

    def close(self):
        """Its exit status."""
        self.child.send_signal(signal.SIGINT)
        try:
            status = self.child.wait(5 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            status = self.child.wait()
        text = self.said()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return status, text
