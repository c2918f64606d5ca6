"""Opens many TLS connections to a server, holds them, and tells what one costs it: the kilobytes of all its processes before and
after. The last connection registers or asks OPTIONS, to see that it is served.

    idle_tls.py HOST PORT CONNECTIONS CA PID"""
import os
import socket
import ssl
import sys
from peer import BASE, check

HOST, PORT, COUNT, AUTHORITY, PID = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
EACH = 20000  # by one address of ours: it has some 28,000 ports


def family(pid):
    """A process and all that it has started."""
    found, children = [pid], {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as f:
                    children.setdefault(int(f.read().rpartition(") ")[2].split()[1]), []).append(int(entry))
            except OSError:
                pass
    for one in found:
        found.extend(children.get(one, []))
    return found


def memory(pid):
    """Proportional: what processes share counts once."""
    total = 0
    for one in family(pid):
        with open("/proc/%d/smaps_rollup" % one) as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total


def connect(context, n):
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.settimeout(60)
    line.bind(("127.%d.%d.%d" % (BASE // 65536, BASE // 256 % 256, BASE % 256 + 2 + n // EACH), 0))
    line.connect((HOST, PORT))
    return context.wrap_socket(line, server_hostname="a.test")


def ask(line):
    at = "%s:%d" % line.getsockname()
    line.sendall(("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bKidle;rport\r\nMax-Forwards: 70\r\n"
                  "From: <sip:a@a.test>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: idle\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                  % (HOST, at, HOST)).encode())
    answer = line.recv(4096)
    check(answer.startswith(b"SIP/2.0 "), "no answer: %r" % answer[:60])


context = ssl.create_default_context(cafile=AUTHORITY)
context.minimum_version = ssl.TLSVersion.TLSv1_3
# What a first connection costs is not what one more costs.
held = [connect(context, 0)]
ask(held[0])
before = memory(PID)
for i in range(COUNT):
    held.append(connect(context, i))
ask(held[-1])
ask(held[1])
after = memory(PID)
print("%d idle TLS connections: %d kB before, %d kB after, %d bytes each"
      % (COUNT, before, after, (after - before) * 1024 // COUNT), flush=True)
