"""One command to a baresip's control port, a netstring of JSON each way: baresip_ctl.py N COMMAND [PARAMETER]."""
import json
import socket
import sys
from peer import PATIENCE, ip

command = {"command": sys.argv[2], "params": sys.argv[3] if len(sys.argv) > 3 else ""}
text = json.dumps(command).encode()
with socket.create_connection((ip(int(sys.argv[1])), 4444), PATIENCE) as s:
    s.sendall(b"%d:%s," % (len(text), text))
    data = b""
    while b'"response"' not in data or not data.rstrip().endswith(b","):
        piece = s.recv(65536)
        if not piece:
            break
        data += piece
print(data.decode("utf-8", "replace"))
sys.exit(0 if b'"response":true' in data and b'"ok":true' in data else 1)
