"""A headless Chromium for the live tests."""
import os
import subprocess

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--log-level=3",
    "--disable-background-networking", "--disable-component-update", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"]


def browse(name, url, more=()):
    """A browser of its own for each page: a headless one opens one."""
    room = os.environ["LIVE_ROOM"]
    return subprocess.Popen(
        ["chromium", *ARGUMENTS, *more, "--user-data-dir=" + os.path.join(room, "profile-" + name), url],
        stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, stdout=open(os.path.join(room, "chromium-%s.log" % name), "w"))
