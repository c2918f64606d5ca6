"""Takes ports on an address until it is killed: 5070 of TCP, 5072 of UDP."""
import signal
import socket
import sys

tcp = socket.socket()
tcp.bind((sys.argv[1], 5070))
tcp.listen(1)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((sys.argv[1], 5072))
signal.pause()
