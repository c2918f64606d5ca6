"""Offers and answers of a headless Chromium and of sdp_talker: the server between the page and the program.

    browser_sdp.py TALKER SECONDS"""
import http.server
import os
import queue
import subprocess
import sys
import threading
import urllib.parse
from chromium import browse
from peer import Failed, check, ip

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser")
TALKER, SECONDS = sys.argv[1], int(sys.argv[2])


class Talker:
    """One program a session. What was said is kept for the log of a test that fails."""

    def __init__(self):
        self.process, self.said = None, []

    def new(self, arguments):
        self.end()
        self.said = []
        self.process = subprocess.Popen([TALKER] + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def end(self):
        if self.process:
            self.process.stdin.close()
            check(self.process.wait() == 0, "sdp_talker ended with %d" % self.process.returncode)

    def tell(self, order, text):
        self.process.stdin.write(b"%s %d\n" % (order.encode(), len(text)) + text)
        self.process.stdin.flush()
        answer = self.process.stdout.read(int(self.process.stdout.readline()))
        self.said += ["<<< " + order, text.decode(), ">>>", answer.decode()]
        return answer


class Server(http.server.BaseHTTPRequestHandler):
    talker, words = Talker(), queue.Queue()

    def answer(self, body, kind="text/plain", status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        name = os.path.basename(urllib.parse.urlparse(self.path).path)
        if name not in ("sdp.html", "sdp.js"):
            return self.send_error(404)
        with open(os.path.join(HERE, name), "rb") as f:
            self.answer(f.read(), "text/html" if name.endswith(".html") else "text/javascript")

    def do_POST(self):
        url = urllib.parse.urlparse(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if url.path == "/said":
            self.words.put(body.decode())
            return self.answer(b"")
        order = urllib.parse.parse_qs(url.query)["order"][0]
        if order == "new":
            self.talker.new(body.decode().split())
            return self.answer(b"")
        said = self.talker.tell(order, body)
        self.answer(said, status=500 if said.startswith(b"error") else 200)

    def log_message(self, *_):
        pass


def run():
    server = http.server.ThreadingHTTPServer((ip(2), 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = browse("sdp", "http://%s:%d/sdp.html" % (ip(2), server.server_port))
    good, bad = 0, []
    try:
        while True:
            try:
                word = Server.words.get(timeout=SECONDS)
            except queue.Empty:
                raise Failed("the page says nothing")
            if word == "over":
                break
            if word == "good":
                good += 1
                continue
            bad.append(word)
            print("\n".join([word] + Server.talker.said), flush=True)
        Server.talker.end()
    finally:
        browser.terminate()
        browser.wait()
    print("%d exchanges are good" % good)
    check(not bad and good, "%d exchanges are not, the first: %s" % (len(bad), bad[0] if bad else "none"))


try:
    run()
except Failed as e:
    sys.exit("failed: %s" % e)
