"""JsSIP in two pages of a headless Chromium: what is fetched for it, the server of the pages, and what they are told to do.

    browser.py fetch FOLDER                     JsSIP and what it needs from the npm registry, as the lock file has it
    browser.py run FOLDER CERTIFICATE SECONDS   two pages register, call each other, and bob waits to be called by a third"""
import base64
import hashlib
import http.server
import io
import json
import os
import queue
import subprocess
import sys
import tarfile
import threading
import urllib.parse
import urllib.request
from chromium import browse
from peer import PROXY, Failed, check, ip

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser")
REGISTRY = os.environ.get("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org").rstrip("/")
UNREACHABLE = 3


def fetch(folder):
    with open(os.path.join(HERE, "package-lock.json")) as lock:
        packages = json.load(lock)["packages"]
    for path, package in packages.items():
        if not path:
            continue
        name = path.rpartition("node_modules/")[2]
        mark = os.path.join(folder, name + ".integrity")
        if os.path.exists(mark) and open(mark).read() == package["integrity"]:
            continue
        url = "%s/%s/-/%s-%s.tgz" % (REGISTRY, name, name.rpartition("/")[2], package["version"])
        try:
            data = urllib.request.urlopen(url, timeout=20).read()
        except OSError as e:
            print("%s: %s" % (url, e))
            sys.exit(UNREACHABLE)
        algorithm, _, digest = package["integrity"].partition("-")
        check(hashlib.new(algorithm, data).digest() == base64.b64decode(digest), "%s is not what the lock file says" % url)
        unpack(data, os.path.join(folder, name))
        with open(mark, "w") as f:
            f.write(package["integrity"])


def unpack(data, into):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive.getmembers():
            path = os.path.normpath(member.name.partition("/")[2])
            if not member.isfile() or path.startswith(("..", "/")):
                continue
            target = os.path.join(into, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as f:
                f.write(archive.extractfile(member).read())


class Page:
    """A page as the test sees it: a queue of words either way."""

    def __init__(self, user):
        self.user, self.orders, self.words = user, queue.Queue(), queue.Queue()

    def tell(self, order):
        self.orders.put(order)

    def expect(self, word):
        """The next of its words but for `media`, which comes when it comes."""
        self.expect_any([word])

    def expect_any(self, words):
        """All of these, in any order."""
        left = list(words)
        while left:
            try:
                said = self.words.get(timeout=SECONDS)
            except queue.Empty:
                raise Failed("%s did not say: %s" % (self.user, ", ".join(left)))
            print("%s: %s" % (self.user, said), flush=True)
            if said in left:
                left.remove(said)
            else:
                check(said == "media", "%s said %s, expected %s" % (self.user, said, ", ".join(left)))


class Server(http.server.BaseHTTPRequestHandler):
    pages, modules = {}, ""

    def page(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        return self.pages[query["user"][0]]

    def answer(self, body, kind="text/plain"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = urllib.parse.urlparse(self.path).path
        if path == "/next":
            return self.answer(self.page().orders.get().encode())
        base, name = (self.modules, path[len("/modules"):]) if path.startswith("/modules/") else (HERE, path)
        file = os.path.normpath(base + name)
        if not file.startswith(base) or not os.path.isfile(file):
            return self.send_error(404)
        with open(file, "rb") as f:
            self.answer(f.read(), "text/html" if name.endswith(".html") else "text/javascript")

    def do_POST(self):
        self.page().words.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer(b"")

    def log_message(self, *_):
        pass


def key_hash(certificate):
    """What Chromium is to trust: the hash of this certificate's public key, and no other."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True, capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def call(caller, callee):
    caller.tell("call sip:%s@a.test" % callee.user)
    caller.expect_any(["confirmed local", "media"])
    callee.expect_any(["confirmed remote", "media"])
    caller.tell("hangup")
    caller.expect("ended local")
    callee.expect("ended remote")


def run_pages(modules, certificate):
    alice, bob = Page("alice"), Page("bob")
    Server.pages, Server.modules = {"alice": alice, "bob": bob}, os.path.abspath(modules)
    server = http.server.ThreadingHTTPServer((ip(2), 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    there = "http://%s:%d/page.html?server=%s&user=" % (ip(2), server.server_port, urllib.parse.quote("wss://%s:7443" % PROXY, ""))
    media = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
             "--ignore-certificate-errors-spki-list=" + key_hash(certificate)]
    browsers = [browse(user, there + user, media) for user in Server.pages]
    try:
        for page in alice, bob:
            page.expect("registered")
        call(alice, bob)
        call(bob, alice)
        print("ready for sipp", flush=True)
        bob.expect("confirmed remote")
        bob.expect("ended remote")
        for page in alice, bob:
            page.tell("leave")
            page.expect("unregistered")
        print("over", flush=True)
    finally:
        for browser in browsers:
            browser.terminate()
            browser.wait()


try:
    if sys.argv[1] == "fetch":
        fetch(sys.argv[2])
    else:
        SECONDS = int(sys.argv[4])
        run_pages(sys.argv[2], sys.argv[3])
except Failed as e:
    sys.exit("failed: %s" % e)
