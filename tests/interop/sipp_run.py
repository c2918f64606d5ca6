"""Runs the scenarios of tests/interop/sipp, many at once, each with an agent of its own. A line for each that fails, and the
end of what its two sides said. Arguments: the build folder, then parts of names (none: all, or of
STROWGER_SHARE=2/3 the second third). INTEROP_KEEP=1 keeps the logs."""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import sipp_scenario

SLOW = max(1, int(os.environ.get("STROWGER_SLOW") or 1))
PATIENCE_S = 5 if SLOW == 1 else 30
AGENT_PORT, SIPP_PORT = 5060, 5070
HERE = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    pass


def own_address():
    """A loopback address nobody else is on."""
    a = os.urandom(3)
    return "127.%d.%d.%d" % (1 + a[0] % 254, a[1], 1 + a[2] % 254)


def is_bound(address, port):
    want = "".join("%02X" % int(n) for n in reversed(address.split("."))) + ":%04X" % port
    with open("/proc/net/udp") as f:
        return any(want in line for line in f)


def agent_command(build, words):
    agent = os.path.join(build, "tests/interop/dum_agent")
    if os.environ.get("STROWGER_VALGRIND") and shutil.which("valgrind"):
        return [os.path.join(build, "libtool"), "--mode=execute", "valgrind", "--quiet", "--error-exitcode=99",
                "--leak-check=full", "--errors-for-leak-kinds=definite,indirect", agent] + words
    return [agent] + words


class Agent:
    """Its output is read as it comes."""

    def __init__(self, build, words, log):
        self.lines = []
        self.log = log
        self.child = subprocess.Popen(agent_command(build, words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, universal_newlines=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        with open(self.log, "w") as log:
            for line in self.child.stdout:
                self.lines.append(line.rstrip("\n"))
                log.write(line)
                log.flush()

    def await_line(self, start):
        end = time.monotonic() + PATIENCE_S
        while not any(line.startswith(start) for line in self.lines):
            if time.monotonic() > end or self.child.poll() is not None:
                raise Failed("the agent did not say %s" % start)
            time.sleep(0.01)

    def finish(self):
        """Its exit status; it is asked to end."""
        try:
            self.child.stdin.close()
        except BrokenPipeError:
            pass
        try:
            return self.child.wait(PATIENCE_S + 10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return "no end"
        finally:
            self.child.wait()
            self.reader.join()


class Run:
    def __init__(self, build, room, scenario):
        self.build, self.s = build, scenario
        self.room = os.path.join(room, scenario.name)
        os.mkdir(self.room)
        self.address = own_address()

    def file(self, name):
        return os.path.join(self.room, name)

    def sipp(self):
        with open(self.file("scenario.xml"), "w") as f:
            f.write(sipp_scenario.expand(self.s, PATIENCE_S * 1000, SLOW > 1))
        words = ["sipp", "-sf", self.file("scenario.xml"), "-i", self.address, "-p", str(SIPP_PORT), "-bind_local", "-m", "1",
                 "-nostdin", "-trace_msg", "-message_file", self.file("sipp.msg"), "-trace_err", "-error_file",
                 self.file("sipp.err"), "-timeout", "%ds" % (PATIENCE_S + (60 if "long" in self.s.flags else 15)),
                 "-timeout_error", "-t", "t1" if "tcp" in self.s.flags else "u1"]
        if "raw" in self.s.flags:
            words.append("-nr")
        if self.s.side == "uac":
            words.append("%s:%d" % (self.address, AGENT_PORT))
        with open(self.file("sipp.out"), "w") as out:
            return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=self.room)

    def agent(self):
        here = {"PEER": "sip:peer@%s:%d" % (self.address, SIPP_PORT), "HOST": "%s:%d" % (self.address, SIPP_PORT)}
        words = self.s.words[1:] if self.s.side == "uac" else self.s.words
        words = ["listen=%s:%d" % (self.address, AGENT_PORT)] + [re.sub("PEER|HOST", lambda m: here[m.group()], w) for w in words]
        return Agent(self.build, words + (["serve"] if self.s.side == "uac" else []), self.file("agent.log"))

    def await_sipp(self, sipp):
        end = time.monotonic() + PATIENCE_S
        while "tcp" not in self.s.flags and not is_bound(self.address, SIPP_PORT):
            if time.monotonic() > end or sipp.poll() is not None:
                raise Failed("sipp did not start")
            time.sleep(0.01)

    def await_end(self, sipp, agent):
        """Until sipp has ended, or the agent, and sipp did not follow."""
        follows_until = None
        while sipp.poll() is None:
            if agent.child.poll() is not None:
                follows_until = follows_until or time.monotonic() + PATIENCE_S + 1
                if time.monotonic() > follows_until:
                    raise Failed("the agent ended with %s, and sipp did not" % agent.child.returncode)
            time.sleep(0.02)

    def await_words(self, agent):
        """Until a caller has ended by itself, and whoever is called has said what is expected."""
        end = time.monotonic() + PATIENCE_S / 2
        while time.monotonic() < end and agent.child.poll() is None:
            if self.s.side == "uac" and all(any(re.search(w, l) for l in list(agent.lines)) for w in self.s.agent):
                break
            time.sleep(0.02)

    def judge(self, agent, status):
        if status != 0:
            raise Failed("the agent ended with %s" % status)
        if "down" not in agent.lines and "untidy" not in self.s.flags:
            raise Failed("the agent had something left when it was over")
        lines = iter(agent.lines)
        for want in self.s.agent:
            if not any(re.search(want, line) for line in lines):
                raise Failed("the agent did not say, or not in this order: %s" % want)
        for never in self.s.never + ["^deed for"] * ("deeds" not in self.s.flags):
            if any(re.search(never, line) for line in agent.lines):
                raise Failed("the agent said: %s" % never)

    def play(self):
        agent = sipp = None
        try:
            if self.s.side == "uac":
                agent = self.agent()
                agent.await_line("ready")
                sipp = self.sipp()
            else:
                sipp = self.sipp()
                self.await_sipp(sipp)
                agent = self.agent()
            self.await_end(sipp, agent)
            if sipp.returncode != 0:
                raise Failed("sipp ended with %d" % sipp.returncode)
            self.await_words(agent)
            self.judge(agent, agent.finish())
        finally:
            if sipp and sipp.poll() is None:
                sipp.kill()
                sipp.wait()
            if agent:
                agent.finish()

    def end_of(self, name, lines):
        try:
            with open(self.file(name), errors="replace") as f:
                return "".join("    " + line.rstrip()[:240] + "\n" for line in f.readlines()[-lines:])
        except OSError:
            return ""

    def report(self):
        """None, or why it failed."""
        try:
            self.play()
        except Failed as e:
            return "FAILED %s: %s\n%s  agent:\n%s" % (self.s.name, e, self.end_of("sipp.err", 12), self.end_of("agent.log", 25))
        return None


def main():
    build, wanted = sys.argv[1], sys.argv[2:]
    scenarios = [sipp_scenario.Scenario(p) for p in sorted(glob.glob(os.path.join(HERE, "sipp", "*.sipp")))]
    scenarios = [s for s in scenarios if not wanted or any(w in s.name for w in wanted)]
    share, shares = map(int, os.environ.get("STROWGER_SHARE", "1/1").split("/"))
    if not wanted:
        scenarios = scenarios[share - 1::shares]
    scenarios.sort(key=lambda s: "long" not in s.flags)
    room = tempfile.mkdtemp(prefix="strowger-sipp.")
    began, failures = time.monotonic(), 0
    cpus = os.cpu_count() or 1
    at_once = cpus * 10 if SLOW == 1 else cpus * 3 if SLOW < 50 else cpus + 1
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for report in pool.map(lambda s: Run(build, room, s).report(), scenarios):
            if report:
                failures += 1
                print(report, flush=True)
    if os.environ.get("INTEROP_KEEP"):
        print("kept: " + room)
    else:
        shutil.rmtree(room)
    print("sipp: %d scenarios, %d failed, %.1f s" % (len(scenarios), failures, time.monotonic() - began))
    return 1 if failures or not scenarios else 0


sys.exit(main())
