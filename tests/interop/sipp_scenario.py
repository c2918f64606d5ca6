"""A scenario of tests/interop/sipp becomes sipp's XML: README.md there says what its lines mean."""
import re
from xml.sax.saxutils import escape, quoteattr

SDP = """v=0
o=- 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 40000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
a={way}
"""
BODIES = {  # a word behind a message: what it carries
    "sdp": ("application/sdp", SDP.format(version=1, way="sendrecv")),
    "hold": ("application/sdp", SDP.format(version=2, way="sendonly")),
    "resume": ("application/sdp", SDP.format(version=3, way="sendrecv")),
    "text": ("text/plain", "hello\n"),
    "dtmf": ("application/dtmf-relay", "Signal=5\n"),
}
EXPECTED = {  # the same of what comes: what has to be in it
    "sdp": "m=audio",
    "hold": "a=sendonly",
    "resume": "a=sendrecv",
    "text": "hello",
    "dtmf": "Signal=5",
    "nobody": "Content-Length: 0",
}
PHRASES = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 183: "Session Progress", 199: "Early Dialog Terminated",
    200: "OK", 202: "Accepted",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 407: "Proxy Authentication Required", 408: "Request Timeout", 415: "Unsupported Media Type",
    422: "Session Interval Too Small", 423: "Interval Too Brief", 480: "Temporarily Unavailable", 481: "Gone",
    486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending",
    500: "Server Internal Error", 503: "Service Unavailable", 600: "Busy Everywhere", 603: "Decline", 606: "Not Acceptable",
}
WITH_CONTACT = ("INVITE", "UPDATE", "REGISTER", "SUBSCRIBE", "OPTIONS")


class Scenario:
    def __init__(self, path):
        self.path = path
        self.name = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        self.side = None        # who is sipp: "uac" calls the agent, "uas" is called by it
        self.words = []         # what the agent is started with
        self.lines = []
        self.agent = []         # what it has to say, in order: regular expressions
        self.never = []         # and what not
        self.flags = set()
        with open(path) as f:
            for number, line in enumerate(f, 1):
                self.take(number, line.rstrip("\n"))
        if not self.side:
            raise ValueError("%s: no line says uac or uas" % path)

    def take(self, number, line):
        word, _, rest = line.partition(" ")
        if not line or word == "#":
            return
        if word in ("uac", "uas"):
            self.side, self.words = word, rest.split()
        elif word == "agent":
            self.agent.append(rest)
        elif word == "never":
            self.never.append(rest)
        elif word == "flags":
            self.flags.update(rest.split())
        else:
            self.lines.append(("%s:%d" % (self.path, number), line))


class Writer:
    """The lines in turn; keeps what was sent and what came, as a user agent would."""

    def __init__(self, scenario, patience_ms, is_slow):
        self.s = scenario
        self.patience = patience_ms
        self.slow = 5 if is_slow else 1
        self.out = []
        self.cseq = 0            # ours
        self.invite = None       # our last INVITE: number, branch, URI and To
        self.branches = 0
        self.is_caller = scenario.side == "uac"
        self.in_dialog = False
        self.target = "sip:%s@[remote_ip]:[remote_port]" % (scenario.words[0] if self.is_caller else "agent")
        self.to = "<%s>" % self.target
        self.waits = False       # our INVITE has no final answer: a 100 may come any time
        self.tagged = ()         # methods whose last request had a tag of ours
        self.answered = 0        # our last final answer to an INVITE
        self.answers = 0         # of ours, to the INVITE that came last
        self.labels = 0
        self.variables = set()

    def xml(self):
        for where, line in self.s.lines:
            try:
                self.line(line)
            except (ValueError, KeyError, IndexError) as e:
                raise ValueError("%s: %s: %r" % (where, line, e))
        refs = '  <Reference variables="%s"/>\n' % ",".join(sorted(self.variables)) if self.variables else ""
        return ('<?xml version="1.0" encoding="UTF-8"?>\n<scenario name=%s>\n%s%s</scenario>\n'
                % (quoteattr(self.s.name), "".join(self.out), refs))

    def line(self, line):
        head, *fields = [part.strip() for part in line.split(" | ")]
        arrow, *words = head.split()
        if arrow == "pause":
            self.out.append('  <pause milliseconds="%s"/>\n' % words[0])
        elif arrow == "settle":
            self.out.append('  <pause milliseconds="%d"/>\n' % (int(words[0]) * self.slow))
        elif arrow == ">":
            if words[0].isdigit():
                self.response(int(words[0]), words[1], words[2:], fields)
            else:
                self.request(words[0], words[1:], fields)
        elif arrow in ("<", "<?"):
            self.receive(words[0], words[1:], fields, arrow == "<?")
        else:
            raise ValueError("no such line")

    # ---- what sipp sends ----

    @staticmethod
    def options(words):
        """key=value words, and the one word that is a body."""
        pairs = dict(w.split("=", 1) for w in words if "=" in w)
        bodies = [w for w in words if "=" not in w and w in BODIES]
        odd = [w for w in words if "=" not in w and w not in BODIES and w not in ("fail", "bare", "out", "same")]
        if odd:
            raise ValueError("unknown word %s" % odd[0])
        return pairs, (bodies[0] if bodies else None), set(words)

    def send(self, start, headers, fields, body, is_request):
        lines = [start] + headers + [f for f in fields if not f.startswith("-")]
        for gone in (f[1:] for f in fields if f.startswith("-")):
            lines = [l for l in lines if not l.startswith(gone + ":")]
        text = "\n".join(lines)
        if body:
            kind, content = BODIES[body]
            if not any(f.startswith("Content-Type:") for f in fields):
                text += "\nContent-Type: %s" % kind
            text += "\nContent-Length: [len]\n\n%s" % content
        else:
            text += "\nContent-Length: 0\n\n"
        retrans = ' retrans="%d"' % (500 * self.slow * self.slow) if is_request and not start.startswith("ACK") and "once" not in self.s.flags else ""
        self.out.append("  <send%s><![CDATA[\n%s\n]]></send>\n" % (retrans, text))

    def request(self, method, words, fields):
        pairs, body, flags = self.options(words)
        number, branch, uri, to = self.cseq + 1, None, self.target, self.to
        if method == "CANCEL" or (method == "ACK" and "fail" in flags):
            number, branch, uri, to = self.invite
            if method == "ACK":
                to = "[$finalto]"
        elif method == "ACK":
            number = self.invite[0]
        else:
            self.cseq = number
        if "out" in flags:
            uri = "sip:%s@[remote_ip]:[remote_port]" % (self.s.words[0] if self.is_caller else "agent")
            to = "<%s>" % uri
        uri = pairs.get("uri", uri)
        if "same" in flags:  # what went last goes once more
            number, branch = self.cseq - 1, "z9hG4bK[pid]-[call_number]-%d" % self.branches
            self.cseq = number
        branch = pairs.get("branch", branch)
        if branch is None:
            self.branches += 1
            branch = "z9hG4bK[pid]-[call_number]-%d" % self.branches
        if "cseq" in pairs:
            number = int(pairs["cseq"])
        if "cseq" in pairs and method != "ACK":
            self.cseq = max(self.cseq, number)
        if method == "INVITE":
            self.invite = (number, branch, uri, to)
            self.waits = True
        tag = pairs.get("tag", "a[call_number]")
        mine = "<sip:peer@[local_ip]:[local_port]>;tag=" + tag if self.is_caller else "[$requestto];tag=" + tag
        if "totag" in pairs:
            to = "<%s>;tag=%s" % (uri, pairs["totag"])
        headers = [
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=" + branch,
            "Max-Forwards: 70", "From: " + mine, "To: " + to,
            "Call-ID: " + ("%s[call_id]" % pairs["callid"] if "callid" in pairs else "[call_id]"), "CSeq: %d %s" % (number, method),
        ]
        if method in WITH_CONTACT and "bare" not in flags:
            headers.append("Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>")
        if method == "PRACK" and not any(f.startswith("RAck:") for f in fields):
            headers.append("RAck: [$rseq] %d INVITE" % self.invite[0])
        self.send("%s %s SIP/2.0" % (method, uri), headers, fields, body, True)

    def response(self, status, method, words, fields):
        pairs, body, flags = self.options(words)
        tag = "" if status == 100 or "bare" in flags else ";tag=" + pairs.get("tag", "a[call_number]")
        if method == "INVITE":
            self.answers += 1
            self.answered = status if status >= 200 else self.answered
        headers = ["Via:[$via%s]" % method, "From:[$from%s]" % method,
                   "To:[$to%s]%s" % (method, "" if method in self.tagged else tag),
                   "Call-ID: [call_id]", "CSeq:[$cseq%s]" % method]
        if method in WITH_CONTACT and status // 100 in (1, 2) and status > 100 and "bare" not in flags:
            headers.append("Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>")
        self.send("SIP/2.0 %d %s" % (status, PHRASES.get(status, "Something")), headers, fields, body, False)

    # ---- what comes ----

    def keep(self, header, name, regexp=".*", sub=False):
        """An action that keeps a header, or the part of it in brackets."""
        self.variables.add(name)
        assign = name
        if sub:
            self.variables.add("whole")
            assign = "whole," + name
        return '    <ereg regexp=%s search_in="hdr" header=%s assign_to="%s"/>\n' % (
            quoteattr(regexp), quoteattr(header), assign)

    def check(self, regexp):
        """An action: what came has to match, or must not where the expression begins with "!". sipp's attributes end at a quote,
        whatever they began with."""
        self.variables.add("checked")
        regexp = regexp.replace('"', ".")
        how = "check_it_inverse" if regexp.startswith("!") else "check_it"
        return '    <ereg regexp=%s search_in="msg" %s="true" assign_to="checked"/>\n' % (quoteattr(regexp.lstrip("!")), how)

    def receive(self, what, words, fields, is_optional):
        actions, patience = "", self.patience
        method = what
        if what.isdigit():
            method, words = words[0], words[1:]
            kind = 'response="%s"' % what
            actions += self.check("CSeq: *[0-9]+ %s" % method)
            if method == "INVITE" and 100 < int(what) < 300:
                actions += self.keep("To:", "peer") + self.keep("Contact:", "peeruri", "<([^>]*)>", True)
                if self.is_caller:
                    self.to, self.target = "[$peer]", "[$peeruri]"
                if "100rel" in " ".join(fields):
                    actions += self.keep("RSeq:", "rseq", "([0-9]+)", True)
            if method == "INVITE" and int(what) >= 300:
                actions += self.keep("To:", "finalto")
        else:
            kind = 'request="%s"' % what
            for header in ("Via", "From", "To", "CSeq"):
                actions += self.keep(header + ":", header.lower() + method)
            if self.in_dialog or self.is_caller or method in ("BYE", "PRACK", "UPDATE", "INFO", "ACK"):
                self.tagged += (method,)
            if method == "INVITE" and not self.is_caller and not self.in_dialog:
                actions += self.keep("From:", "peer") + self.keep("To:", "requestto")
                actions += self.keep("Contact:", "peeruri", "<([^>]*)>", True)
                self.to, self.target = "[$peer]", "[$peeruri]"
            self.in_dialog = self.in_dialog or (method == "ACK" and self.answered < 300)
        if method == "INVITE" and not what.isdigit():
            self.answers = 0
        elif self.answers > 1:
            # Of two answers to one INVITE sipp forgets which it was, and takes the INVITE again for another.
            self.labels += 1
            self.answers = 0
            self.out.append('  <label id="%d"/>\n  <recv request="INVITE" optional="true" next="%d"/>\n' % (self.labels, self.labels))
        for word in words:
            if word.startswith("within="):
                patience = int(word[7:]) * 1000 + self.patience
            elif word == "auth":
                actions += self.check('Authorization: *Digest .*response="[0-9a-f]{32}"')
            elif word in EXPECTED:
                actions += self.check(EXPECTED[word])
            else:
                raise ValueError("unknown word %s" % word)
        for field in fields:
            actions += self.check(field)
        if self.waits and not (method == "INVITE" and what == "100"):
            self.out.append('  <recv response="100" optional="true"/>\n')
        if what.isdigit() and method == "INVITE" and int(what) >= 200:
            self.waits = False
        self.out.append('  <recv %s%s timeout="%d">\n   <action>\n%s   </action>\n  </recv>\n'
                        % (kind, ' optional="true"' if is_optional else "", patience, actions))


def expand(scenario, patience_ms, is_slow):
    return Writer(scenario, patience_ms, is_slow).xml()
