"""Phones in a browser, over WebSocket and WebSocket over TLS: nobody can connect to them, their Contact and Via name nothing
(RFC 7118 appendix B.1), and a sips request goes nowhere that is not secure (RFC 5630)."""
import base64
import os
import re
import socket
import ssl
import struct
import sys
from peer import PROXY, Failed, Phone, check, run

AUTHORITY = sys.argv[1]


class WebPhone(Phone):
    """A Phone that speaks by one WebSocket connection of its own; what comes is for `receive`, frame by frame."""

    def __init__(self, user, n, is_secure=False, scheme="sip"):
        super().__init__(user, n, "tcp", 5070 + n)
        self.transport = "wss" if is_secure else "ws"
        self.name = "%s.invalid" % user
        self.contact = "%s:%s@%s;transport=ws" % (scheme, user, self.name)
        line = socket.create_connection((PROXY, 5061 if is_secure else 5060))
        if is_secure:
            line = ssl.create_default_context(cafile=AUTHORITY).wrap_socket(line, server_hostname=PROXY)
        self.web, self.pending = line, b""
        key = base64.b64encode(os.urandom(16)).decode()
        line.sendall(("GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                      "Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\nOrigin: https://phone.example\r\n\r\n"
                      % (PROXY, key)).encode())
        while b"\r\n\r\n" not in self.pending:
            self._more()
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        check(head.startswith(b"HTTP/1.1 101"), "101 expected: %r" % head[:60])

    def via(self):
        Phone.count += 1
        return "SIP/2.0/%s %s;branch=z9hG4bKweb%d.%d" % (self.transport.upper(), self.name, os.getpid(), Phone.count)

    def _more(self):
        data = self.web.recv(65536)
        if not data:
            raise Failed("%s: the connection was closed" % self.user)
        self.pending += data

    def send(self, message, way=None):
        self.last = message
        data, mask = message.encode(), os.urandom(4)
        size = struct.pack("!BBH", 0x81, 0x80 | 126, len(data))
        self.web.sendall(size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def _take(self):
        """One frame of what is there: a server's has no mask."""
        if len(self.pending) < 2:
            return False
        size, at = self.pending[1] & 127, 2
        if size == 126 and len(self.pending) >= 4:
            size, at = struct.unpack("!H", self.pending[2:4])[0], 4
        if size == 126 and at == 2 or len(self.pending) < at + size:
            return False
        kind, data = self.pending[0] & 15, self.pending[at:at + size]
        self.pending = self.pending[at + size:]
        if kind in (1, 2):
            self._arrived(data, None)
        return True

    def _read(self, timeout):
        while self._take():
            pass
        if not self.inbox:
            self.web.settimeout(max(0.01, timeout))
            try:
                self._more()
            except (socket.timeout, TimeoutError):
                return False
            while self._take():
                pass
        return bool(self.inbox)

    def close(self):
        self.web.close()
        super().close()


def call(caller, callee):
    """All of a call, and a BYE from either side."""
    for ends in (caller, callee):
        asked = caller.invite(callee.user)
        invite = callee.expect("INVITE")
        check(invite.uri == callee.contact, "the Request-URI is the contact: %s" % invite.uri)
        callee.answer(invite, 200)
        ok = caller.expect(200)
        caller.in_dialog("ACK", asked, ok, 1)
        check(callee.expect("ACK").get("CSeq") == "1 ACK", "the ACK comes by the route set")
        if ends is caller:
            caller.in_dialog("BYE", asked, ok, 2)
            callee.answer(callee.expect("BYE"), 200)
        else:
            callee.from_callee("BYE", invite, 1)
            caller.answer(caller.expect("BYE"), 200)
        check(ends.expect(200).method == "BYE", "the BYE is answered")


def test_phones_in_browsers_are_reached_by_their_connections():
    phones = [WebPhone("wanda", 2), WebPhone("wim", 3), WebPhone("wally", 4, is_secure=True), Phone("udo", 5), Phone("tina", 6, "tcp")]
    for phone in phones:
        phone.register()
    for caller in phones:
        for callee in phones:
            if caller is not callee:
                call(caller, callee)
    for phone in phones:
        phone.close()


def test_a_phone_that_is_gone_is_unavailable():
    gone, caller = WebPhone("gone", 2), Phone("caller", 5)
    gone.register()
    gone.close()
    for _ in range(20):
        invite = caller.invite("gone")
        message = caller.receive()
        while message and message.status == 100:
            message = caller.receive()
        if message and message.status == 480:
            caller.ack_failure(invite, message)
            break
    check(message and message.status == 480, "480 expected, got %s" % (message and message.start))
    caller.close()


def test_a_call_with_a_phone_that_is_gone_ends_at_once():
    """Its flow token leads to a flow that is no more (RFC 5626 5.3.1)."""
    lost, caller = WebPhone("lost", 2), Phone("caller", 5)
    lost.register()
    asked = caller.invite("lost")
    lost.answer(lost.expect("INVITE"), 200)
    ok = caller.expect(200)
    caller.in_dialog("ACK", asked, ok, 1)
    lost.expect("ACK")
    lost.close()
    caller.in_dialog("BYE", asked, ok, 2)
    check(caller.expect(430).method == "BYE", "the BYE fails")
    caller.close()


def test_a_forged_flow_token_leads_nowhere():
    victim, caller, thief = WebPhone("victim", 2), WebPhone("lured", 3), Phone("thief", 5)
    victim.register()
    asked = caller.invite("victim")
    invite = victim.expect("INVITE")
    token = re.search(r"flow\.[0-9a-f]{64}", invite.get("Record-Route")).group(0)
    victim.answer(invite, 486)
    victim.expect("ACK")
    caller.expect_failure(asked, 486)
    for forged, status in ((token[:-1] + "01"[token[-1] == "0"], 403), ("flow." + "0" * 64, 430)):
        thief.send(thief.request("MESSAGE", "sip:victim@victim.invalid",
                                 headers=[("Route", "<sip:%s@%s:5060;transport=ws;lr>" % (forged, PROXY))]))
        thief.expect(status)
    victim.expect_silence(0.2)
    for phone in (victim, caller, thief):
        phone.close()


def test_a_sips_request_leaves_by_secure_hops_only():
    safe, unsafe = WebPhone("safe", 2, is_secure=True, scheme="sips"), Phone("unsafe", 5)
    caller = WebPhone("careful", 3, is_secure=True, scheme="sips")
    for phone in (safe, unsafe):
        phone.register()
    asked = caller.request("INVITE", "sips:safe@" + PROXY)
    caller.send(asked)
    invite = safe.expect("INVITE")
    routes = [p for r in invite.all("Record-Route") for p in r.split(", ")]
    check(len(routes) == 2 and all(r.startswith("<sips:") and ";transport=ws" in r for r in routes), "sips Record-Routes: %s" % routes)
    safe.answer(invite, 200)
    ok = caller.expect(200)
    caller.in_dialog("ACK", asked, ok, 1)
    safe.expect("ACK")
    safe.from_callee("BYE", invite, 1)
    caller.answer(caller.expect("BYE"), 200)
    safe.expect(200)
    refused = caller.request("INVITE", "sips:unsafe@" + PROXY)
    caller.send(refused)
    response = caller.expect_failure(refused, 480)
    check("380" in response.get("Warning"), "the Warning of RFC 5630 5.3: %s" % response.get("Warning"))
    stray = caller.request("INVITE", "sips:somebody@192.0.2.1", headers=[("Route", "<sip:%s:5070;lr>" % unsafe.host)])
    caller.send(stray)
    caller.expect_failure(stray, 480)
    unsafe.expect_silence(0.2)
    for phone in (safe, unsafe, caller):
        phone.close()


run([test_phones_in_browsers_are_reached_by_their_connections, test_a_phone_that_is_gone_is_unavailable,
     test_a_call_with_a_phone_that_is_gone_ends_at_once, test_a_forged_flow_token_leads_nowhere, test_a_sips_request_leaves_by_secure_hops_only])
