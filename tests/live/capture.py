"""A collector of HEP v3, and the judge of what it got: see capture.sh. Decodes field by field, after the specification."""
import collections
import json
import re
import selectors
import signal
import socket
import struct
import sys

LENGTHS = {1: 1, 2: 1, 3: 4, 4: 4, 5: 16, 6: 16, 7: 2, 8: 2, 9: 4, 10: 4, 11: 1, 12: 4}
MANDATORY = {1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 15}


def decode(packet):
    assert packet[:4] == b"HEP3" and struct.unpack(">H", packet[4:6])[0] == len(packet), "no HEP packet"
    chunks, at = {}, 6
    while at < len(packet):
        vendor, kind, length = struct.unpack(">HHH", packet[at:at + 6])
        assert vendor == 0 and length > 6 and at + length <= len(packet) and kind not in chunks, "a bad chunk"
        chunks[kind] = packet[at + 6:at + length]
        assert kind not in LENGTHS or len(chunks[kind]) == LENGTHS[kind], "chunk %d has a bad length" % kind
        at += length
    assert MANDATORY <= set(chunks) <= MANDATORY | {14, 17}, "chunks are missing, or unknown: %s" % sorted(chunks)
    number = {k: int.from_bytes(chunks[k], "big") for k in LENGTHS if k in chunks}
    assert number[1] == socket.AF_INET and number[11] == 1 and number[10] < 1000000
    return {"from": [socket.inet_ntoa(chunks[3]), number[7]], "to": [socket.inet_ntoa(chunks[4]), number[8]],
            "protocol": number[2], "time": number[9] + number[10] / 1e6, "agent": number[12],
            "key": chunks.get(14, b"").decode(), "call_id": chunks.get(17, b"").decode(), "bytes": chunks[15].decode("latin-1")}


def packets_of(stream):
    """The whole packets at the begin of a stream, and what is left."""
    packets = []
    while len(stream) >= 6 and len(stream) >= struct.unpack(">H", stream[4:6])[0]:
        length = struct.unpack(">H", stream[4:6])[0]
        assert length >= 6, "a packet without a head"
        packets.append(stream[:length])
        stream = stream[length:]
    return packets, stream


def collect(kind, at, path):
    host, port = at.split(":")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, int(port)))
    if kind == "udp":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    else:
        listener.listen()
    poll, rest = selectors.DefaultSelector(), {}
    poll.register(listener, selectors.EVENT_READ)
    with open(path, "w", encoding="utf-8", buffering=1) as out:
        while True:
            for key, _ in poll.select():
                if key.fileobj is listener and kind == "tcp":
                    connection = listener.accept()[0]
                    rest[connection] = b""
                    poll.register(connection, selectors.EVENT_READ)
                    continue
                got = key.fileobj.recv(65536)
                if kind == "udp":
                    packets = [got]
                elif got:
                    packets, rest[key.fileobj] = packets_of(rest[key.fileobj] + got)
                else:
                    poll.unregister(key.fileobj)
                    packets = []
                for packet in packets:
                    out.write(json.dumps(decode(packet)) + "\n")


def records(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def said(path):
    """What a sipp has written down: (was it sent, protocol, message)."""
    with open(path, encoding="latin-1", newline="") as f:
        text = f.read()
    head = re.compile(r"-{20,} [-0-9]+ [.:0-9]+\n(UDP|TCP) message (sent|received) [\[(](\d+)(?:\] bytes| bytes\)) ?:\n\n")
    for found in head.finditer(text):
        yield found[2] == "sent", 17 if found[1] == "UDP" else 6, text[found.end():found.end() + int(found[3])]


def judge(path, proxy, *paths):
    got = records(path)
    seen = collections.Counter()
    for r in got:
        is_out = r["from"][0] == proxy
        assert is_out != (r["to"][0] == proxy), "neither end, or both, is repro's: %s" % r
        ours, theirs = (r["from"], r["to"]) if is_out else (r["to"], r["from"])
        assert r["protocol"] == 6 or ours[1] == 5060, "not our port: %s" % r
        assert theirs[1] == 5070 or r["protocol"] == 6 or "REGISTER" in r["bytes"], "not the phone's port: %s" % r
        assert r["agent"] == 4711 and r["key"] == "our-secret", "wrong agent or key: %s" % r
        assert "Call-ID: %s\r\n" % r["call_id"] in r["bytes"], "the correlation is not the Call-ID: %s" % r
        seen[is_out, r["protocol"], theirs[0], r["bytes"]] += 1
    wanted = collections.Counter()
    for one in paths:
        host = re.search(r"Contact: <sip:[^@>]+@([0-9.]+)", next(m for out, _, m in said(one) if out))[1]
        for out, protocol, message in said(one):
            wanted[not out, protocol, host, message] += 1
    assert len(wanted) > 20, "sipp has written down next to nothing"
    for key, count in (wanted - seen).items():
        sys.exit("not captured, %d time(s): %s" % (count, key))
    for key, count in (seen - wanted).items():
        sys.exit("captured %d time(s) too often: %s" % (count, key))


def frames(path, table):
    """tshark's columns: addresses, CSeq, Call-ID of each frame with SIP in it, against what the collector got."""
    wanted = collections.Counter((r["from"][0], str(r["from"][1]), r["to"][0], str(r["to"][1]), r["call_id"],
                                  re.search(r"CSeq: ([^\r]*)", r["bytes"])[1]) for r in records(path))
    got = collections.Counter()
    with open(table, encoding="utf-8") as lines:
        for line in lines:
            src, udp, tcp, dst, udp_to, tcp_to, cseq, call_id = line.rstrip("\n").split("\t")[:8]
            got[src, udp or tcp, dst, udp_to or tcp_to, call_id, cseq] += 1
    assert got == wanted, "tshark: too many %s, missing %s" % (list((got - wanted).items())[:3], list((wanted - got).items())[:3])


if __name__ == "__main__":
    try:
        {"collect": collect, "judge": judge, "frames": frames}[sys.argv[1]](*sys.argv[2:])
    except AssertionError as why:
        sys.exit("%s" % why)
