"""Registers phones as fast as the registrar takes them, or asks for some of them: kill9.py register|query COUNT."""
import os
import sys
from peer import PROXY, Failed, Message, Phone, check, run

WINDOW = 64


def name(i):
    return "phone%05d" % i


def contact(i):
    return "sip:%s@192.0.2.%d:%d" % (name(i), i % 250 + 1, 5060 + i % 1000)


def call_id(i):
    return "%s.%d@live" % (name(i), os.getpid())


def request(phone, i, is_query):
    m = phone.request("REGISTER", "sip:" + PROXY, "<sip:%s@%s>" % (name(i), PROXY), call_id=call_id(i))
    m.headers = [h for h in m.headers if h[0] != "Contact"]
    return m if is_query else Message(m.start, m.headers + [("Contact", "<%s>" % contact(i)), ("Expires", "3600")])


def drive(indices, is_query):
    """A window of requests is under way; what is not answered in a second goes again."""
    phone = Phone("registrant", 2)
    waiting, under_way = list(reversed(indices)), {}
    while waiting or under_way:
        while waiting and len(under_way) < WINDOW:
            i = waiting.pop()
            under_way[call_id(i)] = (i, request(phone, i, is_query))
            phone.send(under_way[call_id(i)][1])
        answer = phone.receive(1)
        if answer is None:
            drive.patience -= 1
            check(drive.patience > 0, "%d registrations are not answered" % len(under_way))
            for _, m in under_way.values():
                phone.send(m)
            continue
        i, _ = under_way.pop(answer.get("Call-ID"), (None, None))
        if i is None:
            continue
        if answer.status != 200:
            raise Failed("%s: %s" % (name(i), answer.start))
        check(not is_query or contact(i) in answer.get("Contact"), "%s has lost its contact" % name(i))
        check(not is_query or len(answer.all("Contact")) == 1, "%s has too many contacts" % name(i))


drive.patience = 30
count = int(sys.argv[2])


def test_register():
    drive(range(count), False)


def test_query():
    drive(range(0, count, max(1, count // 500)), True)


run([test_register if sys.argv[1] == "register" else test_query])
