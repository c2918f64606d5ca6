"""RFC 3261 22, 7616, 8760: digest authentication by the registrar and the proxy."""
import hashlib
import re

from bench import arrives, ask, check, expect, must, silence
from wire import answer, cancel, ack, request, unique

ALICE = "sip:alice@example.test"
HASH = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def params(challenge):
    return {k.lower(): v.strip('"') for k, v in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', challenge.partition(" ")[2])}


def credentials(challenge, method, uri, user="alice", password="wonderland", **o):
    """An answer to a challenge. o: nc, qop (None: as RFC 2069), realm, nonce, body, drop (a parameter left out), uri_in."""
    c = params(challenge)
    name = o.get("algorithm", c.get("algorithm", "MD5"))

    def h(text):
        return HASH[name](text if isinstance(text, bytes) else text.encode()).hexdigest()
    realm, nonce, nc, cnonce = o.get("realm", c["realm"]), o.get("nonce", c["nonce"]), o.get("nc", "00000001"), "0a4f113b"
    qop, ha1, ha2 = o.get("qop", "auth"), h("%s:%s:%s" % (user, realm, password)), "%s:%s" % (method, uri)
    if qop == "auth-int":
        ha2 += ":" + h(o.get("body", b""))
    middle = "%s:%s:%s:%s" % (nonce, nc, cnonce, qop) if qop else nonce
    fields = [("username", '"%s"' % user), ("realm", '"%s"' % realm), ("nonce", '"%s"' % nonce), ("uri", '"%s"' % o.get("uri_in", uri)),
              ("response", '"%s"' % h("%s:%s:%s" % (ha1, middle, h(ha2)))), ("algorithm", name)]
    if qop:
        fields += [("qop", qop), ("nc", nc), ("cnonce", '"%s"' % cnonce)]
    return "Digest " + ", ".join("%s=%s" % f for f in fields if f[0] != o.get("drop"))


def register(peer, extra, *statuses, **o):
    return ask(peer, "REGISTER", "sip:example.test", *statuses, to=o.pop("to", "<%s>" % ALICE), extra=extra, frm="<%s>;tag=1" % ALICE, **o)


def authorization(challenge, **o):
    return ["Authorization: " + credentials(challenge, "REGISTER", o.pop("uri", "sip:example.test"), **o)]


@check("8760 2.4", "the challenge: SHA-256 first, then MD5, each with realm, nonce and qop; both are taken", house="auth")
def challenge(h):
    peer = h.udp()
    m = register(peer, [], 401)
    offers = m.all("WWW-Authenticate")
    must([params(c).get("algorithm") for c in offers] == ["SHA-256", "MD5"], "the order", m)
    must(all(params(c)["realm"] == "example.test" and "auth" in params(c)["qop"] and params(c)["nonce"] for c in offers), "whole", m)
    for i, offer in enumerate(offers):
        register(peer, authorization(offer, nc="%08x" % (i + 1)), 200, contact=["<sip:a@192.0.2.1>"])


@check("7616 3.4", "a wrong password, an unknown user: refused, alike", house="auth")
def wrong(h):
    peer = h.udp()
    offer = register(peer, [], 401).get("WWW-Authenticate")
    a = register(peer, authorization(offer, password="x"), 401, 403)
    b = register(peer, authorization(offer, user="nobody"), 401, 403)
    must(a.status == b.status, "nobody learns who there is")


@check("7616 3.3", "a nonce of ours is counted: the same nc twice is stale; a higher one passes", house="auth")
def replay(h):
    peer = h.udp()
    offer = register(peer, [], 401).get("WWW-Authenticate")
    register(peer, authorization(offer), 200)
    register(peer, authorization(offer, nc="00000002"), 200)
    m = register(peer, authorization(offer, nc="00000002"), 401)
    must(params(m.get("WWW-Authenticate")).get("stale", "").lower() == "true", "stale=true", m)
    must(params(m.get("WWW-Authenticate"))["nonce"] != params(offer)["nonce"], "a new nonce", m)


@check("7616 3.3", "a nonce that was never ours: a new challenge", house="auth")
def bad_nonce(h):
    peer = h.udp()
    offer = register(peer, [], 401).get("WWW-Authenticate")
    for nonce in ("x", "", "0" * 40, params(offer)["nonce"][:-1] + "!", "a" * 3000):
        register(peer, authorization(offer, nonce=nonce), 401, 403, 400)


@check("7616 3.4", "credentials with something missing or odd: 400, 401 or 403, never through", house="auth")
def broken(h):
    peer = h.udp()
    offer = register(peer, [], 401).get("WWW-Authenticate")
    for o in (dict(drop="nonce"), dict(drop="response"), dict(drop="uri"), dict(drop="cnonce"), dict(drop="nc"), dict(drop="username"),
              dict(drop="realm"), dict(nc="xyz"), dict(nc="00000000"), dict(qop="auth-conf"), dict(realm="else.test")):
        register(peer, authorization(offer, **o), 400, 401, 403)
    for line in ("Authorization: Basic YWxpY2U6d29uZGVybGFuZA==", "Authorization: Digest", "Authorization:", "Authorization: ,,,",
                 "Authorization: Digest username=\"alice"):
        register(peer, [line], 400, 401, 403)


@check("2617 3.2.2", "without qop, as RFC 2069 did, and with auth-int: right ones pass, or are challenged", house="auth")
def qops(h):
    peer = h.udp()
    offer = register(peer, [], 401).all("WWW-Authenticate")[1]
    register(peer, authorization(offer, qop=None), 200, 401)
    register(peer, authorization(offer, qop="auth-int", nc="00000009"), 200, 401, 403)
    m = register(peer, authorization(offer, qop="auth-int", nc="0000000a", body=b"other"), 401, 403)
    must(m.status != 200, "another body")


@check("3261 22.4", "the digest's uri need not be the Request-URI to the letter, but the hash must be its own", house="auth")
def digest_uri(h):
    peer = h.udp()
    offer = register(peer, [], 401).get("WWW-Authenticate")
    register(peer, authorization(offer, uri="sip:example.test;transport=udp"), 200)
    register(peer, authorization(offer, uri_in="sip:else.test", nc="00000002"), 401, 403, 400)


@check("3261 10.3.4", "nobody binds contacts for somebody else", house="auth")
def somebody_else(h):
    peer = h.udp()
    offer = register(peer, [], 401).get("WWW-Authenticate")
    register(peer, authorization(offer), 403, to="<sip:bob@example.test>", contact=["<sip:a@192.0.2.1>"])
    register(peer, authorization(offer, nc="00000002"), 200, to="<sip:%61lice@EXAMPLE.test:5060>", contact=["<sip:a@192.0.2.1>"])


@check("3261 22.3", "407 for a request of ours; own credentials come off, those of others go on", house="auth")
def proxy_auth(h):
    callee, peer, registrant = h.udp(), h.udp(), h.udp()
    offer = ask(registrant, "REGISTER", "sip:example.test", 401, to="<sip:bob@example.test>").get("WWW-Authenticate")
    ask(registrant, "REGISTER", "sip:example.test", 200, to="<sip:bob@example.test>", contact=["<sip:b@%s>" % callee.addr],
        extra=authorization(offer, user="bob", password="builder"))
    uri, frm = "sip:bob@example.test", "<%s>;tag=1" % ALICE
    raw = request(peer, "INVITE", uri, frm=frm)
    peer.send(raw)
    m = expect(peer, 407)
    ack(peer, m, raw)
    silence(callee)
    offer = m.get("Proxy-Authenticate")
    other = "Digest realm=\"else.test\", username=\"alice\", nonce=\"n\", uri=\"sip:x\", response=\"%s\"" % ("0" * 32)
    peer.send(request(peer, "INVITE", uri, frm=frm, extra=[
        "Proxy-Authorization: " + other, "Proxy-Authorization: " + credentials(offer, "INVITE", uri)]))
    m = arrives(callee, "INVITE")
    must(m.all("Proxy-Authorization") == [other], "the other's goes on, ours not", m)
    answer(callee, m, 486)
    expect(peer, 486)
    ask(peer, "INVITE", uri, 403, frm="<sip:bob@example.test>;tag=1",
        extra=["Proxy-Authorization: " + credentials(offer, "INVITE", uri, nc="00000002")])


@check("3261 22.1", "ACK and CANCEL are never challenged; strangers who call our users are not either", house="auth")
def never_challenged(h):
    peer = h.udp()
    peer.send(request(peer, "ACK", "sip:bob@example.test", frm="<%s>;tag=1" % ALICE))
    silence(peer)
    peer.send(cancel(request(peer, "INVITE", "sip:bob@example.test", frm="<%s>;tag=1" % ALICE)))
    expect(peer, 481)
    ask(peer, "OPTIONS", "sip:nobody@example.test", 404, 480, frm="<sip:stranger@far.invalid>;tag=1")
    ask(peer, "OPTIONS", "sip:x@far.invalid", 403, frm="<sip:stranger@far.invalid>;tag=1")


@check("3261 22", "each domain is its own realm", house="auth")
def realms(h):
    peer = h.udp()
    m = ask(peer, "REGISTER", "sip:other.test", 401, to="<sip:carol@other.test>")
    must(params(m.get("WWW-Authenticate"))["realm"] == "other.test", "realm", m)
    mine = register(peer, [], 401).get("WWW-Authenticate")
    ask(peer, "REGISTER", "sip:other.test", 401, 403, to="<sip:carol@other.test>", extra=[
        "Authorization: " + credentials(mine, "REGISTER", "sip:other.test", user="carol", password="christmas")])
    both = ["Authorization: " + credentials(mine, "REGISTER", "sip:other.test"), "Authorization: " + credentials(
        m.get("WWW-Authenticate"), "REGISTER", "sip:other.test", user="carol", password="christmas")]
    ask(peer, "REGISTER", "sip:other.test", 200, to="<sip:carol@other.test>", extra=both)
