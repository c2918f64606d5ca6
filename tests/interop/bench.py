"""The list of checks, what they stand on, and how they are run and told."""
import re
import time
import traceback

from wire import PATIENCE, Failed, Listener, Message, Tcp, Udp, answer, request, unique

checks = []
QUIET = 0.12  # seconds in which nothing may come


def check(section, title, house="plain"):
    """Registers a function; section is what it holds repro to, house the repro it wants."""
    def take(fn):
        checks.append((section, title, house, fn))
        return fn
    return take


def must(condition, text, message=None):
    if not condition:
        raise Failed(text + ("" if message is None else "; got " + show(message)))


def show(m):
    return "nothing" if m is None else repr(m.raw[:700].decode("utf-8", "replace"))


class House:
    """What a check is given: repro, and peers that are closed after it."""

    def __init__(self, repro):
        self.repro, self.at, self.addr, self.port = repro, repro.at, repro.addr, repro.port
        self.open = []

    def udp(self):
        self.open.append(Udp(self.at))
        return self.open[-1]

    def udp6(self):
        self.open.append(Udp(("::1", self.port), "::1"))
        return self.open[-1]

    def tcp(self):
        self.open.append(Tcp(self.at))
        return self.open[-1]

    def listener(self):
        self.open.append(Listener())
        return self.open[-1]

    def keep(self, peer):
        self.open.append(peer)
        return peer

    def close(self):
        for peer in self.open:
            peer.close()

    def bind(self, *contacts, user=None, domain="example.test", extra=None, expires=600):
        """Registers contacts for a fresh user; its address of record."""
        user = user or unique("u").replace(".", "")
        aor = "sip:%s@%s" % (user, domain)
        peer = self.udp()
        peer.send(request(peer, "REGISTER", "sip:" + domain, to="<%s>" % aor, frm="<%s>;tag=r" % aor,
                          contact=list(contacts), extra=["Expires: %d" % expires] + (extra or [])))
        expect(peer, 200)
        return aor

    def user(self):
        """A callee at a UDP port of its own, registered; the peer and its address of record."""
        peer = self.udp()
        return peer, self.bind("<sip:callee@%s>" % peer.addr)


def final(peer, timeout=PATIENCE):
    """The next final response."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        m = peer.get(end - time.monotonic())
        if m and m.is_response and m.status >= 200:
            return m
    return None


def expect(peer, *statuses, timeout=PATIENCE):
    m = final(peer, timeout)
    must(m and m.status in statuses, "expected %s" % "/".join(map(str, statuses)), m)
    return m


def arrives(peer, method, timeout=PATIENCE):
    m = peer.get(timeout)
    must(m and m.method == method, "expected %s" % method, m)
    return m


def arrives_after(peer, method, before, timeout=PATIENCE):
    """The same, past repetitions of a request that came before: with a small T1 they cross our answer."""
    m = peer.get(timeout)
    while m and m.raw == before.raw:
        m = peer.get(timeout)
    must(m and m.method == method, "expected %s" % method, m)
    return m


def provisional(peer, status, timeout=PATIENCE):
    """Waits for that very provisional; others that come before are passed over."""
    end = time.monotonic() + timeout
    m = None
    while time.monotonic() < end:
        m = peer.get(end - time.monotonic())
        if m and m.status == status:
            return m
        must(m is None or m.status < 200, "expected %d" % status, m)
    raise Failed("expected %d, nothing came" % status)


def silence(peer, text="nothing more may come", timeout=QUIET, besides=()):
    """No message but those of the statuses or methods in `besides`, or the very bytes: what is sent again."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        m = peer.get(end - time.monotonic())
        must(m is None or m.status in besides or m.method in besides or m.raw in besides, text, m)


def ask(peer, method, uri, *statuses, **o):
    """Sends a request and expects one of these finals."""
    peer.send(request(peer, method, uri, **o))
    return expect(peer, *statuses)


def call(caller, callee, aor, **o):
    """INVITE to 200: the INVITE as sent, as it arrived, and the 200 at the caller."""
    raw = request(caller, "INVITE", aor, **o)
    caller.send(raw)
    came = arrives(callee, "INVITE")
    answer(callee, came, 200, extra=["Contact: <sip:callee@%s>" % callee.addr])
    return Message(raw, None), came, expect(caller, 200)


def run(house, wanted, tell):
    """Runs the checks of a house; how many passed and failed."""
    passed = failed = 0
    for section, title, name, fn in checks:
        if name != wanted:
            continue
        h, began = House(house), time.monotonic()
        try:
            fn(h)
            why = "" if house.is_alive() else "repro has ended: " + house.said()
        except (Failed, OSError) as e:
            why = str(e) or repr(e)
        except Exception:
            why = traceback.format_exc()
        h.close()
        passed, failed = passed + (not why), failed + bool(why)
        tell("%s %-22s %s (%d ms)%s" % ("FAIL" if why else "ok  ", section, title, (time.monotonic() - began) * 1000,
                                        "\n       " + re.sub(r"\n", "\n       ", why) if why else ""))
        if not house.is_alive():
            tell("FAIL %-22s repro has ended: %s" % ("", house.said()))
            break
    return passed, failed
