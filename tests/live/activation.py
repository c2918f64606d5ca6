"""In systemd's place: binds, starts repro with LISTEN_FDS, hears what it says to NOTIFY_SOCKET, restarts it."""
import os
import signal
import socket
import subprocess
import sys

ip = os.environ["LIVE_IP"]
patience = 20 * int(os.environ.get("STROWGER_SLOW", "1"))
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(os.path.join(os.environ["LIVE_ROOM"], "notify"))
told.settimeout(patience)


def bound(kind, port):
    s = socket.socket(socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((ip, port))
    if kind == socket.SOCK_STREAM:
        s.listen(16)
    return s


def start(sockets, names, *settings, **more):
    """They become 3, 4 …; LISTEN_PID is known to the shell alone, which becomes repro."""
    moves = " ".join(f"{3 + i}<&{s.fileno()}" for i, s in enumerate(sockets))
    environment = dict(os.environ, LISTEN_FDS=str(len(sockets)), LISTEN_FDNAMES=names, NOTIFY_SOCKET=told.getsockname())
    command = ["sh", "-c", f'exec {moves}; export LISTEN_PID=$$; exec "$0" "$@"'] + sys.argv[1:] + list(settings)
    return subprocess.Popen(command, env=environment, pass_fds=[s.fileno() for s in sockets], **more)


def wants(state):
    got = told.recv(200).decode()
    if not got.startswith(state):
        sys.exit(f"told {got!r}, expected {state}")


def end(repro, number):
    repro.send_signal(number)
    wants("STOPPING=1")
    if repro.wait(patience) != 0:
        sys.exit(f"repro ended with {repro.returncode}")


def options(s, transport):
    host, port = s.getsockname()
    s.sendall(f"OPTIONS sip:{ip} SIP/2.0\r\nVia: SIP/2.0/{transport} {host}:{port};rport;branch=z9hG4bK{port}\r\n"
              f"Max-Forwards: 70\r\nFrom: <sip:a@{host}>;tag=1\r\nTo: <sip:{ip}>\r\nCall-ID: {transport}{port}\r\n"
              "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode())


def phone(kind):
    s = socket.socket(socket.AF_INET, kind)
    s.settimeout(patience)
    s.connect((ip, 5060))
    return s


def wants_answer(s, what):
    got = s.recv(4000)
    if not got.startswith(b"SIP/2.0 200 "):
        sys.exit(f"{what} got {got[:60]!r}")


# Each has a higher number than the one the shell moves it to.
udp, tcp, web = bound(socket.SOCK_DGRAM, 5060), bound(socket.SOCK_STREAM, 5060), bound(socket.SOCK_STREAM, 5099)
for number in (signal.SIGTERM, signal.SIGINT):
    asked = phone(socket.SOCK_DGRAM), phone(socket.SOCK_STREAM)
    options(asked[0], "UDP")
    options(asked[1], "TCP")
    repro = start([udp, tcp], "sip-udp:sip-tcp")
    wants("READY=1")
    wants_answer(asked[0], "UDP before the start")
    wants_answer(asked[1], "TCP before the start")
    repro.send_signal(signal.SIGHUP)
    wants("RELOADING=1\nMONOTONIC_USEC=")
    wants("READY=1")
    end(repro, number)
said = start([udp, web], "sip-udp:web", stderr=subprocess.PIPE)
text = said.communicate(timeout=patience)[1].decode()
if said.returncode != 78 or f"descriptor 4 (web) of LISTEN_FDS is bound to TCP {ip}:5099" not in text:
    sys.exit(f"a socket of nobody: {said.returncode}, {text}")

# One for both families: sources of IPv4 would come by it as ::ffff:….
wide = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
wide.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
try:
    wide.bind(("::", 0))
except OSError:
    sys.exit(0)
said = start([wide], "wide", "EnableIPv6=true", f"Transport1Interface=[::]:{wide.getsockname()[1]}", stderr=subprocess.PIPE)
text = said.communicate(timeout=patience)[1].decode()
if said.returncode != 69 or "BindIPv6Only=ipv6-only" not in text:
    sys.exit(f"a socket of both families: {said.returncode}, {text}")
