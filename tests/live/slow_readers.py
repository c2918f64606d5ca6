"""1,000 TCP connections, ten of which ask without end and never read an answer: what do the others feel?

slow_readers.py CONNECTIONS ROUNDS PID: measures round trips of OPTIONS on the good connections without and with the bad ones, and
the memory of the process."""
import os
import socket
import sys
import threading
import time
from peer import PROXY, SLOW, Failed, Phone, check, ip, run

connections, rounds, pid = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
BAD = 10


def options(serial, size=0):
    pad = b"X-Pad: " + b"x" * size + b"\r\n" if size else b""
    return (b"OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TCP %s:9;branch=z9hG4bKsr%d.%d\r\nMax-Forwards: 70\r\n"
            b"From: <sip:slow@%s>;tag=%d\r\nTo: <sip:%s>\r\nCall-ID: sr%d.%d\r\nCSeq: 1 OPTIONS\r\n%sContent-Length: 0\r\n\r\n"
            % (PROXY.encode(), ip(2).encode(), os.getpid(), serial, PROXY.encode(), serial, PROXY.encode(), os.getpid(),
               serial, pad))


def connect(n):
    s = socket.create_connection((PROXY, 5060), source_address=(ip(n), 0))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.settimeout(30 if SLOW == 1 else 120)
    return s


def resident():
    with open("/proc/%s/status" % pid, encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


class Good:
    """One request after the other, on all connections in turn; each waits for its answer alone."""
    serial = 0

    def __init__(self, count):
        self.sockets = [connect(2) for _ in range(count)]

    def round_trips(self):
        times = []
        for _ in range(rounds):
            for s in self.sockets:
                Good.serial += 1
                began = time.monotonic()
                s.sendall(options(Good.serial))
                answer = b""
                while b"\r\n\r\n" not in answer:
                    piece = s.recv(65536)
                    check(piece, "a connection that reads was closed")
                    answer += piece
                check(answer.startswith(b"SIP/2.0 "), "an answer is no answer")
                times.append(time.monotonic() - began)
        times.sort()
        return times[len(times) // 2], times[len(times) * 99 // 100]


class Bad(threading.Thread):
    """Asks at a steady pace on connections whose answers nobody reads, until each is closed or full; then opens new ones."""

    def __init__(self):
        super().__init__(daemon=True)
        self.is_over, self.sent, self.refused, self.serial = False, 0, 0, 10000000

    def open(self):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        s.bind((ip(3), 0))
        s.connect((PROXY, 5060))
        s.setblocking(False)
        return s

    def run(self):
        lines = [self.open() for _ in range(BAD)]
        while not self.is_over:
            for i, s in enumerate(lines):
                self.serial += 1
                try:
                    self.sent += s.send(options(self.serial, 600)) > 0
                except BlockingIOError:
                    pass
                except OSError:
                    self.refused += 1
                    s.close()
                    lines[i] = self.open()
            time.sleep(0.002 * SLOW)  # the pace of the load, not a wait
        for s in lines:
            s.close()


def test_slow_readers_delay_nobody():
    good = Good(connections - BAD)
    good.round_trips()
    before = resident()
    median, p99 = good.round_trips()
    bad = Bad()
    bad.start()
    end = time.monotonic() + (4 if SLOW == 1 else 8)
    worst_median, worst = 0, 0
    while time.monotonic() < end:
        with_median, with_p99 = good.round_trips()
        worst_median, worst = max(worst_median, with_median), max(worst, with_p99)
        time.sleep(0.1)  # the slow readers go on; the others need not ask all the time to see what they do
    check(bad.is_alive(), "the slow readers gave up")
    after = resident()
    bad.is_over = True
    bad.join()
    print("median %.0f us, with slow readers %.0f us; p99 %.0f us, with %.0f us; %d asked, %d closed; %d kB, then %d kB" % (
        median * 1e6, worst_median * 1e6, p99 * 1e6, worst * 1e6, bad.sent, bad.refused, before, after))
    check(bad.sent > 100, "the slow readers asked too little")
    # A loop that waits for a peer waits for its time-out; noise of a machine with other work is far below.
    check(worst_median < 3 * median + 0.005 * SLOW, "the median of the others rose from %.6f to %.6f" % (median, worst_median))
    check(worst < 3 * p99 + 0.1 * SLOW, "p99 of the others rose from %.6f to %.6f" % (p99, worst))
    check(after - before < 64 * 1024 or SLOW > 1, "memory grew from %d to %d kB" % (before, after))


def test_request_to_a_slow_reader_harms_nobody_else():
    """Ten phones that registered over their connection and never read: calls to others go on beside what is sent to them."""
    deaf = []
    for n in range(BAD):
        phone = Phone("deaf%d" % n, 4, "tcp", port=5100 + n)
        phone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        phone.register()
        deaf.append(phone)
    alice, bob = Phone("alice", 5), Phone("bob", 6)
    bob.register()
    body = b"x" * 1000
    times = []
    for _ in range(max(20, 400 // SLOW)):
        for phone in deaf:
            alice.send(alice.request("MESSAGE", "sip:%s@%s" % (phone.user, PROXY), body=body))
        m = alice.request("MESSAGE", "sip:bob@" + PROXY, body=b"hello")
        began = time.monotonic()
        alice.send(m)
        bob.answer(bob.expect("MESSAGE"), 200)
        answer = alice.receive()
        while answer is not None and (answer.get("Call-ID") != m.get("Call-ID") or answer.status < 200):
            answer = alice.receive()
        if answer is None or answer.status != 200:
            raise Failed("a MESSAGE beside slow readers: " + (answer.start if answer else "no answer"))
        times.append(time.monotonic() - began)
    times.sort()
    print("MESSAGE beside slow readers: median %.0f us, last %.0f us" % (times[len(times) // 2] * 1e6, times[-1] * 1e6))
    check(times[len(times) // 2] < 0.05 * SLOW, "MESSAGEs to others wait for slow readers")


run([test_slow_readers_delay_nobody, test_request_to_a_slow_reader_harms_nobody_else])
