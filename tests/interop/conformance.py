"""Runs every check against repro, in both layouts. Usage: conformance.py REPRO [WORD]: only titles or sections with WORD."""
import concurrent.futures
import os
import sys
import threading

import bench
import checks_auth
import checks_call
import checks_message
import checks_proxy
import checks_registrar
import checks_stream
import fake_dns
from wire import IS_SLOW, Repro, has_ipv6

MODULES = (checks_auth, checks_call, checks_message, checks_proxy, checks_registrar, checks_stream)
HOUSES = {
    "plain": {},
    "auth": {"DisableAuth": "false", "DigestChallengeAlgorithms": "SHA-256,MD5"},
    "quick": {"TimerT1": 20},
    "noregistrar": {"DisableRegistrar": "true"},
    "redirect": {"RecursiveRedirect": "true", "TimerT1": 50},
    "serial": {"QValueBehavior": "FULL_SEQUENTIAL", "TimerT1": 50},
    "both": {"IPAddress": "127.0.0.1, ::1", "EnableIPv6": "true"},
    "any": {"IPAddress": "", "EnableIPv6": "true"},
}
USERS = [("alice@example.test", "wonderland"), ("bob@example.test", "builder"), ("carol@other.test", "christmas")]
lock = threading.Lock()
totals = [0, 0]


def tell(name, layout, text):
    with lock:
        print("[%s %s] %s" % (name, layout, text), flush=True)


def turn(binary, name, layout):
    dns = fake_dns.Server()
    settings = dict(HOUSES[name], ThreadedStack="true" if layout == "dedicated" else "false", DNSServers=dns.addr)
    house = Repro(binary, USERS if name == "auth" else (), **settings)
    house.dns = dns
    passed, failed = bench.run(house, name, lambda text: tell(name, layout, text))
    status, said = house.close()
    dns.close()
    if status:
        tell(name, layout, "FAIL repro's exit status is %d: %s" % (status, said))
        failed += 1
    with lock:
        totals[0] += passed
        totals[1] += failed


def guarded(binary, name, layout):
    try:
        turn(binary, name, layout)
    except Exception as e:
        tell(name, layout, "FAIL %r" % e)
        with lock:
            totals[1] += 1


def main():
    binary, words = sys.argv[1], sys.argv[2:]
    if words:
        bench.checks[:] = [c for c in bench.checks if all(w.lower() in (c[0] + " " + c[1]).lower() for w in words)]
    names = [n for n in HOUSES if any(c[2] == n for c in bench.checks) and (n not in ("both", "any") or has_ipv6())]
    houses = [(n, layout) for n in names for layout in ("dedicated", "folded")]
    # Of slow builds few at once: all would be late, and nothing else be seen of them.
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1) if IS_SLOW else len(houses)) as pool:
        for name, layout in houses:
            pool.submit(guarded, binary, name, layout)
    print("%d passed, %d failed" % tuple(totals))
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
