"""Scripted SIP peers for the live tests: a test says what it sends and what must come, in order.

A Phone is one UDP socket, or one TCP listener with its connections, on an address of this test's own. What comes twice is
dropped, as retransmissions are; anything else that was not expected fails the test. Nothing sleeps: all waiting is for a message."""
import os
import select
import socket
import sys
import time

SLOW = int(os.environ.get("STROWGER_SLOW", "1"))
PATIENCE = 10 if SLOW == 1 else 40
BASE = int(os.environ.get("LIVE_BASE", "0"))
PROXY = os.environ.get("LIVE_IP", "127.0.0.1")
CRLF = "\r\n"


def ip(n):
    return "127.%d.%d.%d" % (BASE // 65536, BASE // 256 % 256, BASE % 256 + n)


class Failed(Exception):
    pass


class Message:
    def __init__(self, start, headers, body=b""):
        self.start, self.headers, self.body, self.way = start, headers, body, None

    @staticmethod
    def parse(data):
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split(CRLF)
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if ":" in line]
        return Message(lines[0], headers, body)

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else ""

    @property
    def status(self):
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self):
        return self.get("CSeq").split()[-1]

    @property
    def what(self):
        return self.status or self.start.split()[0]

    @property
    def uri(self):
        return self.start.split()[1]

    @property
    def branch(self):
        return param(self.get("Via"), "branch")

    def encode(self):
        lines = [self.start] + ["%s: %s" % h for h in self.headers if h[0] != "Content-Length"]
        return (CRLF.join(lines + ["Content-Length: %d" % len(self.body), "", ""])).encode() + self.body


def param(value, name):
    for piece in value.split(";")[1:]:
        key, _, text = piece.partition("=")
        if key.strip().lower() == name:
            return text.strip().split(">")[0]
    return ""


def uri_of(value):
    return value.split("<", 1)[1].split(">")[0] if "<" in value else value.split(";")[0]


class Phone:
    count = 0

    def __init__(self, user, n, transport="udp", port=5070):
        Phone.count += 1
        self.user, self.transport, self.host, self.port = user, transport, ip(n), port
        self.proxy = (PROXY, 5060)
        self.seen, self.inbox, self.buffers = set(), [], {}
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((self.host, port))
        self.line, self.last = None, None
        if transport == "tcp":
            self.socket.listen(16)
        self.contact = "sip:%s@%s:%d%s" % (user, self.host, port, ";transport=tcp" if transport == "tcp" else "")

    # ---- the wire

    def send(self, message, way=None):
        self.last = message
        data = message if isinstance(message, bytes) else message.encode()
        if self.transport == "udp":
            self.socket.sendto(data, way or self.proxy)
            return
        if way is None:
            if self.line is None:
                self.line = socket.create_connection(self.proxy, source_address=(self.host, 0))
                self.buffers[self.line] = b""
            way = self.line
        way.sendall(data)

    def _read(self, timeout):
        if self.inbox:
            return True
        ready, _, _ = select.select([self.socket] + list(self.buffers), [], [], max(0, timeout))
        for s in ready:
            if self.transport == "udp":
                data, way = s.recvfrom(65536)
                self._arrived(data, way)
            elif s is self.socket:
                self.buffers[s.accept()[0]] = b""
            else:
                self._stream(s, s.recv(65536))
        return bool(self.inbox)

    def _stream(self, s, data):
        if not data:
            del self.buffers[s]
            self.line = None if s is self.line else self.line
            return
        pending = self.buffers[s] + data
        while b"\r\n\r\n" in pending:
            pending = pending.lstrip(b"\r\n")
            head = pending.partition(b"\r\n\r\n")[0]
            size = len(head) + 4 + int(Message.parse(head).get("Content-Length") or 0)
            if len(pending) < size:
                break
            self._arrived(pending[:size], s)
            pending = pending[size:]
        self.buffers[s] = pending

    def _arrived(self, data, way):
        message = Message.parse(data)
        message.way = way
        key = (message.start, message.branch, message.get("CSeq"), message.get("To"))
        if key not in self.seen:
            self.seen.add(key)
            self.inbox.append(message)

    def receive(self, timeout=PATIENCE):
        """The next message, or None."""
        end = time.monotonic() + timeout
        while not self.inbox and time.monotonic() < end:
            self._read(end - time.monotonic())
        return self.inbox.pop(0) if self.inbox else None

    def expect(self, what, timeout=PATIENCE):
        """The next message must be this method or this status; 100 Trying is passed over."""
        while True:
            message = self.receive(timeout)
            if message is None:
                raise Failed("%s waits in vain for %s" % (self.user, what))
            if message.what == 100 and what != 100:
                continue
            if message.what != what:
                raise Failed("%s expected %s, got: %s" % (self.user, what, message.start))
            return message

    def expect_silence(self, seconds):
        message = self.receive(seconds)
        if message is not None and message.what != 100:
            raise Failed("%s expected nothing, got: %s" % (self.user, message.start))

    # ---- requests and responses

    def via(self):
        Phone.count += 1
        return "SIP/2.0/%s %s:%d;branch=z9hG4bKpy%d.%s.%d" % (
            self.transport.upper(), self.host, self.port, os.getpid(), self.user, Phone.count)

    def request(self, method, uri, to=None, headers=(), body=b"", cseq=1, call_id=None, from_tag="f"):
        Phone.count += 1
        head = [("Via", self.via()), ("Max-Forwards", "70"), ("From", "<sip:%s@%s>;tag=%s" % (self.user, PROXY, from_tag)),
                ("To", to or "<%s>" % uri), ("Call-ID", call_id or "%d-%d@live" % (os.getpid(), Phone.count)),
                ("CSeq", "%d %s" % (cseq, method))]
        if method in ("INVITE", "REGISTER", "SUBSCRIBE"):
            head.append(("Contact", "<%s>" % self.contact))
        return Message("%s %s SIP/2.0" % (method, uri), head + list(headers), body)

    def register(self, q=None, expires=600, aor=None):
        m = self.request("REGISTER", "sip:" + PROXY, "<sip:%s@%s>" % (aor or self.user, PROXY))
        m.headers = [(n, v + (";q=%s" % q if q else "")) if n == "Contact" else (n, v) for n, v in m.headers]
        m.headers.append(("Expires", str(expires)))
        self.send(m)
        return self.expect(200)

    def invite(self, user, headers=()):
        m = self.request("INVITE", "sip:%s@%s" % (user, PROXY), headers=headers)
        self.send(m)
        return m

    def answer(self, request, status, reason="Why", headers=(), tag=None, body=b""):
        keep = ("via", "from", "to", "call-id", "cseq") + (("record-route",) if status < 300 else ())
        head = [(n, v) for n, v in request.headers if n.lower() in keep]
        if status > 100 and "tag=" not in request.get("To"):
            head = [(n, v + ";tag=%s" % (tag or self.user + str(self.port))) if n.lower() == "to" else (n, v) for n, v in head]
        if 100 < status < 300 and request.method == "INVITE":
            head.append(("Contact", "<%s>" % self.contact))
        self.send(Message("SIP/2.0 %d %s" % (status, reason), head + list(headers), body), request.way)

    def ack_failure(self, invite, response):
        """The ACK of a final response other than 2xx (RFC 3261 17.1.1.3)."""
        self.send(Message("ACK %s SIP/2.0" % invite.uri, [
            ("Via", invite.get("Via")), ("Max-Forwards", "70"), ("From", invite.get("From")), ("To", response.get("To")),
            ("Call-ID", invite.get("Call-ID")), ("CSeq", invite.get("CSeq").split()[0] + " ACK")]))

    def expect_failure(self, invite, status, timeout=PATIENCE):
        response = self.expect(status, timeout)
        self.ack_failure(invite, response)
        return response

    def in_dialog(self, method, invite, response, cseq, body=b"", headers=()):
        """A request of the caller in the dialog: route set and remote target of the 2xx (12.2.1.1)."""
        routes = [("Route", v) for v in reversed([p for r in response.all("Record-Route") for p in r.split(", ")])]
        m = self.request(method, uri_of(response.get("Contact")), response.get("To"), routes + list(headers), body, cseq,
                         invite.get("Call-ID"), param(invite.get("From"), "tag"))
        m.headers = [h for h in m.headers if h[0] != "From"] + [("From", invite.get("From"))]
        self.send(m)
        return m

    def from_callee(self, method, invite, cseq, tag=None, headers=()):
        """A request of the callee in the dialog that its 2xx to this INVITE made."""
        routes = [("Route", p) for r in invite.all("Record-Route") for p in r.split(", ")]
        m = self.request(method, uri_of(invite.get("Contact")), invite.get("From"), routes + list(headers), b"", cseq,
                         invite.get("Call-ID"))
        m.headers = [h for h in m.headers if h[0] != "From"]
        m.headers.append(("From", invite.get("To") + ";tag=" + (tag or self.user + str(self.port))))
        self.send(m)
        return m

    def cancel(self, invite):
        self.send(Message("CANCEL %s SIP/2.0" % invite.uri, [
            ("Via", invite.get("Via")), ("Max-Forwards", "70"), ("From", invite.get("From")), ("To", invite.get("To")),
            ("Call-ID", invite.get("Call-ID")), ("CSeq", invite.get("CSeq").split()[0] + " CANCEL")]))

    def close(self):
        for s in list(self.buffers) + [self.socket]:
            s.close()


def check(is_true, what):
    if not is_true:
        raise Failed(what)


def run(cases):
    """Runs each function in turn; exit status 1 with one sentence when one fails."""
    for case in cases:
        try:
            case()
        except (Failed, OSError) as why:
            print("%s: %s" % (case.__name__, why), flush=True)
            sys.exit(1)
        print("%s: ok" % case.__name__, flush=True)
