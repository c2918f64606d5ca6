"""A server on the library websockets that sipctl connects to: it answers OPTIONS in its several ways. Usage: websockets_server.py
SIPCTL FOLDER, where own.pem, own.key and ca.pem are."""
import asyncio
import http
import ssl
import sys

import websockets
from peer import PATIENCE, Failed, Message, check, ip

SIPCTL, FOLDER = sys.argv[1:3]


async def whole(line, answer):
    await line.send(answer.decode())


async def binary(line, answer):
    await line.send(answer)


async def in_fragments(line, answer):
    await line.send([answer[at:at + 50].decode() for at in range(0, len(answer), 50)])


async def between_pings(line, answer):
    await asyncio.wait_for(await line.ping(b"x" * 125), PATIENCE)

    async def pieces():
        for at in range(0, len(answer), 50):
            yield answer[at:at + 50]
            await asyncio.wait_for(await line.ping(), PATIENCE)
    await line.send(pieces())


async def and_closes(line, answer):
    await line.send(answer.decode())
    await line.close(1001, "going away")


async def no_answer(line, answer):
    await line.close(1013, "try again later")


async def turned_away(path, headers):
    return http.HTTPStatus.FORBIDDEN, [], b"not you\n"


def server(way, **more):
    async def handler(line, path=None):
        check(line.request_headers["Sec-WebSocket-Protocol"] == "sip", "sip is asked for")
        data = await line.recv()
        check(isinstance(data, str), "a request is text")
        asked = Message.parse(data.encode())
        keep = [h for h in asked.headers if h[0].lower() in ("via", "from", "to", "call-id", "cseq")]
        try:
            await way(line, Message("SIP/2.0 200 As you like", keep, b"x" * 1000).encode())
        except websockets.ConnectionClosed:
            pass  # sipctl has what it came for
    return websockets.serve(handler, ip(2), 0, **dict({"subprotocols": ["sip"]}, **more))


async def options(way, status, text, transport="ws", **more):
    """sipctl's exit status, and what it has to say."""
    async with server(way, **more) as listener:
        port = listener.sockets[0].getsockname()[1]
        child = await asyncio.create_subprocess_exec(
            SIPCTL, "options", "sip:%s:%d" % (ip(2), port), "--transport", transport, "--ca", FOLDER + "/ca.pem",
            "--timeout", str(PATIENCE), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        said, _ = await asyncio.wait_for(child.communicate(), 2 * PATIENCE)
    said = said.decode()
    check(child.returncode == status and text in said, "%s by %s: %d, %s" % (way.__name__, transport, child.returncode, said))
    print("%s by %s: ok" % (way.__name__, transport), flush=True)


async def main():
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(FOLDER + "/own.pem", FOLDER + "/own.key")
    for way in (whole, binary, in_fragments, between_pings, and_closes):
        await options(way, 0, "200 As you like")
        await options(way, 0, "200 As you like", "wss", ssl=shown)
    await options(no_answer, 1, "")
    await options(whole, 1, "", subprotocols=None)
    await options(whole, 1, "", process_request=turned_away)


try:
    asyncio.run(main())
except (Failed, OSError, asyncio.TimeoutError, websockets.WebSocketException) as why:
    sys.exit("%s" % why)
