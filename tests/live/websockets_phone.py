"""A phone on the library websockets: it registers at repro and is sent MESSAGE by sipctl. Usage: websockets_phone.py SIPCTL
AUTHORITY."""
import asyncio
import ssl
import sys

import websockets
from peer import CRLF, PATIENCE, PROXY, Failed, Message, check

SIPCTL, AUTHORITY = sys.argv[1:3]
ORIGIN = "https://phone.example"


def connect(port=5060, origin=ORIGIN, subprotocols=("sip",), **more):
    """Compression is offered, as the library does when it is not told otherwise."""
    if port == 5061:
        more["ssl"] = ssl.create_default_context(cafile=AUTHORITY)
    scheme = "wss" if port == 5061 else "ws"
    return websockets.connect("%s://%s:%d/" % (scheme, PROXY, port), origin=origin, subprotocols=subprotocols, **more)


def request(method, user, kind="WS", n=1, body=b"", headers=()):
    aor = "sip:%s@%s" % (user, PROXY)
    return Message("%s sip:%s SIP/2.0" % (method, PROXY), [
        ("Via", "SIP/2.0/%s %s.invalid;branch=z9hG4bK%s%d" % (kind, user, user, n)), ("Max-Forwards", "70"),
        ("From", "<%s>;tag=1" % aor), ("To", "<%s>" % aor), ("Call-ID", "%s@%s.invalid" % (method, user)),
        ("CSeq", "%d %s" % (n, method))] + list(headers), body)


async def receive(line):
    data = await asyncio.wait_for(line.recv(), PATIENCE)
    return Message.parse(data if isinstance(data, bytes) else data.encode())


async def expect(line, what):
    message = await receive(line)
    check(message.what == what, "%s expected, got: %s" % (what, message.start))
    return message


async def ask(line, data, branch):
    await line.send(data)
    check((await expect(line, 200)).branch == branch, "another's answer")


async def options(line, kind):
    """One message by one frame of text, one binary frame, fragments of either; with a ping between them, and of 60,000 bytes."""
    def fresh(n, body=b""):
        message = request("OPTIONS", "wanda", kind, n, body)
        return message.encode(), message.branch

    async def pieces(data, is_text, with_ping=False):
        for at in range(0, len(data), 100):
            if with_ping:
                await asyncio.wait_for(await line.ping(), PATIENCE)
            yield data[at:at + 100].decode() if is_text else data[at:at + 100]

    data, branch = fresh(1)
    await ask(line, data.decode(), branch)
    data, branch = fresh(2)
    await ask(line, data, branch)
    for n, (is_text, with_ping) in enumerate(((True, False), (False, False), (True, True), (False, True)), 3):
        data, branch = fresh(n)
        await ask(line, pieces(data, is_text, with_ping), branch)
    data, branch = fresh(7, b"x" * 60000)
    await ask(line, data.decode(), branch)
    data, branch = fresh(8, "žluťoučký".encode())
    await ask(line, data.decode(), branch)


async def sipctl(*words):
    child = await asyncio.create_subprocess_exec(SIPCTL, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    return child, child.communicate()


async def is_called(line, user, kind):
    """It registers, and a MESSAGE comes by its connection, one by one frame."""
    contact = "<sip:%s@%s.invalid;transport=ws>" % (user, user)
    await line.send(request("REGISTER", user, kind, headers=[("Contact", contact), ("Expires", "600")]).encode().decode())
    check("%s.invalid" % user in (await expect(line, 200)).get("Contact"), "the contact is bound")
    for text in ("hello", "x" * 1000):
        child, over = await sipctl("message", "sip:%s@%s" % (user, PROXY), "--text", text, "--transport", "tcp")
        message = await expect(line, "MESSAGE")
        check(message.body == text.encode(), "the body is what was sent")
        keep = ("via", "from", "to", "call-id", "cseq")
        await line.send(Message("SIP/2.0 200 OK", [h for h in message.headers if h[0].lower() in keep]).encode().decode())
        said, _ = await asyncio.wait_for(over, PATIENCE)
        check(child.returncode == 0, "sipctl: %s" % said.decode())


async def test_phones_over_ws_and_wss():
    for port, kind, user in ((5060, "WS", "wanda"), (5061, "WSS", "wim")):
        async with connect(port) as line:
            check(line.subprotocol == "sip", "the subprotocol is %s" % line.subprotocol)
            check(not line.extensions, "no extension was agreed")
            await asyncio.wait_for(await line.ping(b"are you there"), PATIENCE)
            await options(line, kind)
            await is_called(line, user, kind)
        check(line.close_code == 1000, "the close is answered with %s" % line.close_code)


async def test_subprotocols():
    async with connect(subprotocols=("msrp", "sip")) as line:
        check(line.subprotocol == "sip", "of several sip is taken")
    for subprotocols in (("msrp",), None):
        await is_refused(400, subprotocols=subprotocols)


async def test_origins():
    await is_refused(403, origin="https://elsewhere.example")
    async with connect(origin=None):
        pass


async def is_refused(status, **how):
    try:
        async with connect(**how):
            raise Failed("%s was not refused" % how)
    except websockets.InvalidStatusCode as why:
        check(why.status_code == status, "%s expected, got %s" % (status, why.status_code))


async def test_what_is_no_sip_is_passed_over():
    async with connect() as line:
        await line.send("this is no SIP" + CRLF + CRLF)
        message = request("OPTIONS", "wanda", n=9)
        await ask(line, message.encode().decode(), message.branch)


async def main():
    for test in (test_phones_over_ws_and_wss, test_subprotocols, test_origins, test_what_is_no_sip_is_passed_over):
        try:
            await test()
        except (Failed, OSError, asyncio.TimeoutError, websockets.WebSocketException) as why:
            sys.exit("%s: %r" % (test.__name__, why))
        print("%s: ok" % test.__name__, flush=True)


asyncio.run(main())
