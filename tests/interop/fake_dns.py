"""A name server of a few records, on a thread: A, SRV and NAPTR of zones that checks write."""
import socket
import struct
import threading

TYPES = {"A": 1, "SRV": 33, "NAPTR": 35}


def put_name(name):
    return b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x) + b"\0"


def put_text(text):
    return bytes([len(text)]) + text.encode()


def put_data(kind, data):
    if kind == "A":
        return socket.inet_aton(data)
    if kind == "SRV":
        return struct.pack(">HHH", *data[:3]) + put_name(data[3])
    return struct.pack(">HH", *data[:2]) + b"".join(put_text(x) for x in data[2:5]) + put_name(data[5])


class Server:
    def __init__(self):
        self.records = {}
        self.s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.bind(("127.0.0.1", 0))
        self.addr = "127.0.0.1:%d" % self.s.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def add(self, name, kind, data):
        self.records.setdefault((name.lower(), TYPES[kind]), []).append(put_data(kind, data))

    def reply(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += 1 + query[at]
        name, question = ".".join(labels).lower(), query[12:at + 5]
        found = self.records.get((name, struct.unpack(">H", query[at + 1:at + 3])[0]), [])
        known = found or any(n == name for n, _ in self.records)
        out = query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if known else 3), 1, len(found), 0, 0) + question
        for data in found:
            out += b"\xc0\x0c" + query[at + 1:at + 5] + struct.pack(">IH", 60, len(data)) + data
        return out

    def serve(self):
        while True:
            try:
                query, source = self.s.recvfrom(4096)
                if not query:
                    return
                self.s.sendto(self.reply(query), source)
            except (OSError, IndexError, struct.error):
                if self.s.fileno() < 0:
                    return

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            u.sendto(b"", self.s.getsockname())
        self.thread.join(2)
        self.s.close()
