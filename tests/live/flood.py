"""Datagrams as fast as one sender can: flood.py FROM TO SECONDS [PAUSE]. Says how many went. A pause after 200 of them, in seconds, is
for servers that are slow: what the kernel drops for want of room hits calls as well."""
import socket
import sys
import time

REQUEST = ("OPTIONS sip:nobody@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKflood\r\nMax-Forwards: 70\r\n"
           "From: <sip:flood@%s>;tag=1\r\nTo: <sip:nobody@%s>\r\nCall-ID: flood\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")


def main():
    source, target, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    pause = float(sys.argv[4]) if len(sys.argv) > 4 else 0
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.connect((target, 5060))
    data = (REQUEST % (target, source, source, target)).encode()
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(200):
            try:
                s.send(data)
                count += 1
            except OSError:
                pass
        if pause:
            time.sleep(pause)
    print(count)


main()
