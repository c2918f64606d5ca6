"""Two connections more than there may be: those that were used least lately are closed, and the others go on."""
import socket
import sys
from peer import PATIENCE, PROXY, check, run

MOST = int(sys.argv[1])


def is_answered(line):
    host, port = line.getsockname()
    line.sendall(("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TCP %s:%d;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\nFrom: <sip:a@%s>;tag=1\r\n"
                  "To: <sip:%s>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                  % (PROXY, host, port, port, host, PROXY, port)).encode())
    return line.recv(4096).startswith(b"SIP/2.0 200 ")


def test_one_more_closes_the_least_used():
    lines = []
    for n in range(MOST):
        lines.append(socket.create_connection((PROXY, 5060), PATIENCE))
        check(is_answered(lines[n]), "connection %d gets no answer" % n)
    # The first is now the last that was used.
    check(is_answered(lines[0]), "the first gets no second answer")
    for n in (1, 2):
        more = socket.create_connection((PROXY, 5060), PATIENCE)
        check(is_answered(more), "one more gets no answer")
        check(lines[n].recv(1) == b"", "connection %d is closed" % n)
        lines.append(more)
    check(is_answered(lines[0]), "who was used lately is closed")


run([test_one_more_closes_the_least_used])
