"""Runs the scenarios of tests/interop/sipp, many at once, each with an agent of its own. A line for each that fails, and the
end of what its two sides said. Arguments: the build folder, then parts of names (none: all, or of
STROWGER_SHARE=2,4/5 the second and the fourth fifth). INTEROP_KEEP=1 keeps the logs."""
import concurrent.futures
import glob
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

import sipp_scenario

SLOW = max(1, int(os.environ.get("STROWGER_SLOW") or 1))
PATIENCE_S = 15 if SLOW == 1 else 30
AGENT_PORT, SIPP_PORT = 5060, 5070
HERE = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    pass


def own_address():
    """A loopback address nobody else is on."""
    a = os.urandom(3)
    return "127.%d.%d.%d" % (1 + a[0] % 254, a[1], 1 + a[2] % 254)


def is_bound(table, address, port):
    want = "".join("%02X" % int(n) for n in reversed(address.split("."))) + ":%04X 00000000:0000" % port
    with open("/proc/net/" + table) as f:
        return any(want in line for line in f)


def agent_command(build, words):
    agent = os.path.join(build, "tests/interop/dum_agent")
    if os.environ.get("STROWGER_VALGRIND") and shutil.which("valgrind"):
        return ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
                "--errors-for-leak-kinds=definite,indirect", agent] + words
    return [agent] + words


class Agent:
    """Its output is read as it comes, by whoever waits for something."""

    def __init__(self, build, words, log):
        self.lines = []
        self.log = open(log, "wb")
        self.rest = b""
        self.has_ended = False
        self.child = subprocess.Popen(agent_command(build, words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, bufsize=0)

    def take(self):
        """What is there to be read; at its end, the agent's."""
        piece = os.read(self.child.stdout.fileno(), 65536)
        self.log.write(piece)
        *lines, self.rest = (self.rest + piece).split(b"\n")
        if not piece:
            lines, self.rest = lines + [self.rest], b""
            self.has_ended = True
            self.log.flush()
        self.lines += [line.decode("utf-8", "replace") for line in lines]

    def until(self, is_true, seconds, also=()):
        """Waits for that, and for its end, while anything of `also` can be read or it says something. Is it true?"""
        end = time.monotonic() + seconds
        while not is_true() and not self.has_ended:
            left = end - time.monotonic()
            if left <= 0:
                return False
            ready = select.select([self.child.stdout, *also], [], [], left)[0]
            if self.child.stdout in ready:
                self.take()
        return is_true()

    def await_line(self, start):
        if not self.until(lambda: any(line.startswith(start) for line in self.lines), PATIENCE_S):
            raise Failed("the agent did not say %s" % start)

    def finish(self):
        """Its exit status; it is asked to end."""
        if self.log.closed:
            return self.child.returncode
        try:
            self.child.stdin.close()
        except BrokenPipeError:
            pass
        self.until(lambda: False, PATIENCE_S + 10)
        has_ended = self.has_ended
        if not has_ended:
            self.child.kill()
        status = self.child.wait()
        self.child.stdout.close()
        self.log.close()
        return status if has_ended else "no end"


class Sipp:
    """What it inherits tells of its end."""

    def __init__(self, words, room):
        self.end, theirs = os.pipe()
        with open(os.path.join(room, "sipp.out"), "w") as out:
            self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=room,
                                          pass_fds=[theirs])
        os.close(theirs)

    def has_ended(self):
        return self.child.poll() is not None or bool(select.select([self.end], [], [], 0)[0])

    def close(self):
        if not self.has_ended():
            self.child.kill()
        self.child.wait()
        os.close(self.end)


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
                 "-nostdin", "-trace_err", "-error_file", self.file("sipp.err"),
                 "-timeout", "%ds" % (PATIENCE_S + (60 if "long" in self.s.flags else 15)), "-timeout_error",
                 "-t", "t1" if "tcp" in self.s.flags else "u1"]
        if os.environ.get("INTEROP_KEEP"):
            words += ["-trace_msg", "-message_file", self.file("sipp.msg")]
        if "raw" in self.s.flags:
            words.append("-nr")
        if self.s.side == "uac":
            words.append("%s:%d" % (self.address, AGENT_PORT))
        return Sipp(words, self.room)

    def agent(self):
        here = {"PEER": "sip:peer@%s:%d" % (self.address, SIPP_PORT), "HOST": "%s:%d" % (self.address, SIPP_PORT)}
        words = self.s.words[1:] if self.s.side == "uac" else self.s.words
        # What is sent again would cross what a slow build is still thinking of; who waits for 64 * T1 has time.
        t1 = ["t1=2500"] if SLOW > 1 and "long" not in self.s.flags else []
        words = ["listen=%s:%d" % (self.address, AGENT_PORT)] + t1 + [
            re.sub("PEER|HOST", lambda m: here[m.group()], w) for w in words]
        return Agent(self.build, words + (["serve"] if self.s.side == "uac" else []), self.file("agent.log"))

    def await_sipp(self, sipp):
        end = time.monotonic() + PATIENCE_S
        while not is_bound("tcp" if "tcp" in self.s.flags else "udp", self.address, SIPP_PORT):
            if time.monotonic() > end or sipp.has_ended():
                raise Failed("sipp did not start")
            time.sleep(0.03)

    def await_end(self, sipp, agent):
        """Until sipp has ended, or the agent, and sipp did not follow."""
        agent.until(sipp.has_ended, 600, [sipp.end])
        if not select.select([sipp.end], [], [], PATIENCE_S + 1)[0]:
            raise Failed("the agent ended with %s, and sipp did not" % agent.child.wait())

    def await_words(self, agent):
        """Until a caller has ended by itself, and whoever is called has said what is expected."""
        agent.until(lambda: self.s.side == "uac" and all(any(re.search(w, l) for l in agent.lines) for w in self.s.agent),
                    PATIENCE_S / 2)

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
            if sipp.child.wait() != 0:
                raise Failed("sipp ended with %d" % sipp.child.returncode)
            self.await_words(agent)
            self.judge(agent, agent.finish())
        finally:
            if sipp:
                sipp.close()
            if agent:
                agent.finish()

    def end_of(self, name, lines):
        try:
            with open(self.file(name), errors="replace") as f:
                return "".join("    " + line.rstrip()[:240] + "\n" for line in f.readlines()[-lines:])
        except OSError:
            return ""

    def was_late(self):
        """sipp says that the machine left it waiting for half a second: what was repeated meanwhile crossed what it had to say."""
        return "watchdog timer" in self.end_of("sipp.err", 1000)

    def report(self):
        """None, or why it failed."""
        try:
            self.play()
        except Failed as e:
            return "FAILED %s: %s\n%s  agent:\n%s" % (self.s.name, e, self.end_of("sipp.err", 12), self.end_of("agent.log", 25))
        return None


def run(build, room, scenario):
    """None, or why it failed; once more where that was no fault of the agent's."""
    first = Run(build, room, scenario)
    report = first.report()
    if report and first.was_late():
        shutil.rmtree(first.room)
        report = Run(build, room, scenario).report()
    return report


def main():
    build, wanted = sys.argv[1], sys.argv[2:]
    scenarios = [sipp_scenario.Scenario(p) for p in sorted(glob.glob(os.path.join(HERE, "sipp", "*.sipp")))]
    scenarios = [s for s in scenarios if not wanted or any(w in s.name for w in wanted)]
    ours, shares = os.environ.get("STROWGER_SHARE", "1/1").split("/")
    if not wanted:
        scenarios = [s for n, s in enumerate(scenarios) if str(n % int(shares) + 1) in ours.split(",")]
    scenarios.sort(key=lambda s: "long" not in s.flags)
    room = tempfile.mkdtemp(prefix="strowger-sipp.")
    began, failures = time.monotonic(), 0
    cpus = os.cpu_count() or 1
    at_once = cpus * 10 if SLOW == 1 else cpus * 3 if SLOW < 50 else cpus + 1
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for report in pool.map(lambda s: run(build, room, s), scenarios):
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
