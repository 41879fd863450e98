#!/usr/bin/env python3
"""A KM and a controller whose TLS begins behind something else, or on a port that is registered for something else,
over the loopback interface, for recordings.

    tls_greetings.py FOLDER STORY...

FOLDER holds ca.pem, peer.pem and receives keys.log. Each STORY is one connection that carries one relay: 0x1403, 0x4104,
0x1405. Secrets of stories called "shut" are not kept.
"""
import socket
import ssl
import sys
import threading
import time

from tls_peer import context, receive, send

# What is said before TLS begins, by turns: the client's lines, and the server's.
SMTP = [b"220 km ESMTP\r\n", b"EHLO a\r\n", b"250-km\r\n250 STARTTLS\r\n", b"STARTTLS\r\n", b"220 go ahead\r\n"]
IMAP = [b"* OK km\r\n", b"a STARTTLS\r\n", b"a OK begin\r\n"]
XMPP = [b"<stream:stream to='km' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
        b"<stream:stream id='1' version='1.0'><stream:features><starttls/></stream:features>",
        b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"]
STORIES = {
    # name: port, version, IPv6, who speaks first, by turns; what the ClientHello's first segment begins with; where it is cut
    "connect": (8080, "1.3", False, "client", [b"CONNECT km:443 HTTP/1.1\r\nHost: km:443\r\n\r\n",
                                               b"HTTP/1.1 200 Connection established\r\n\r\n"], b"", 0),
    "smtp": (25, "1.2", False, "server", SMTP, b"", 0),
    "imap": (143, "1.3", False, "server", IMAP, b"", 0),
    "xmpp": (5222, "1.3", False, "client", XMPP, b"", 0),
    "postgresql": (5432, "1.3", False, "client", [b"\0\0\0\x08\x04\xd2\x16\x2f", b"S"], b"", 0),
    "proxy-line": (9092, "1.3", False, "client", [], b"PROXY TCP4 192.0.2.1 192.0.2.2 40000 9092\r\n", 0),
    "proxy-binary": (6000, "1.2", False, "client", [], b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
                     b"\xc0\0\x02\x01\xc0\0\x02\x02\x9c\x40\x17\x70", 0),
    "authentication": (5000, "1.3", True, "client", [b"\x01km-a", b"\x02ok"], b"", 0),
    "header-alone": (1883, "1.2", False, "client", [b"\x10\x02km", b"\x20\x00"], b"", 5),
    "bare": (8443, "1.2", True, "client", [], b"", 0),
    "shut": (8443, "1.3", True, "client", [], b"", 0),
    "shut-elsewhere": (8444, "1.3", False, "client", [], b"", 0),
}


class Pipe:
    """TLS over a socket, whose first segment is told what to begin with and where to be cut."""

    def __init__(self, connection, tls_context, server, prefix, cut):
        self.connection, self.prefix, self.cut = connection, prefix, cut
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls_context.wrap_bio(self.incoming, self.outgoing, server_side=server)
        self.run(self.tls.do_handshake)

    def flush(self):
        data = self.outgoing.read()
        if data and self.cut:
            self.connection.sendall(data[:self.cut])
            time.sleep(0.02)
            data = data[self.cut:]
        if data:
            self.connection.sendall(self.prefix + data)
            self.prefix, self.cut = b"", 0

    def run(self, step, *arguments):
        while True:
            try:
                result = step(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.incoming.write(self.connection.recv(65536))

    def sendall(self, data):
        self.run(self.tls.write, data)

    def recv(self, size):
        return self.run(self.tls.read, size)


def exactly(connection, size):
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data))
    return data


def greet(connection, story, is_client):
    turn_of_client = story[3] == "client"
    for text in story[4]:
        if turn_of_client == is_client:
            connection.sendall(text)
        elif exactly(connection, len(text)) != text:
            raise SystemExit("no greeting")
        turn_of_client = not turn_of_client


def controller(listener, tls_context, story):
    connection = listener.accept()[0]
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    greet(connection, story, False)
    exactly(connection, len(story[5]))  # what stands before the ClientHello
    tls = Pipe(connection, tls_context, True, b"", 0)
    receive(tls)
    send(tls, 1, 0x4104, Source_KMA_ID="KMA-A", Destination_KMA_ID="KMA-B", Transit_KMA_IDs=["KMA-C"],
         Key_relay_request_ID="R-1")
    receive(tls)
    connection.close()


def play(folder, name):
    story = STORIES[name]
    family, host = (socket.AF_INET6, "::1") if story[2] else (socket.AF_INET, "127.0.0.1")
    listener = socket.create_server((host, story[0]), family=family)
    server = context(folder, story[1], True, True)
    server.num_tickets = 0
    thread = threading.Thread(target=controller, args=(listener, server, story))
    thread.start()
    client = context(folder, story[1], False, True)
    if name.startswith("shut"):
        client.keylog_filename = "/dev/null"
    connection = socket.create_connection((host, story[0]))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    greet(connection, story, True)
    tls = Pipe(connection, client, False, story[5], story[6])
    send(tls, 1, 0x1403, Source_KMA_ID="KMA-A", Destination_KMA_ID="KMA-B")
    receive(tls)
    send(tls, 1, 0x1405, Response="success", Key_relay_request_ID="R-1")
    time.sleep(0.05)
    connection.close()
    thread.join()
    listener.close()


if __name__ == "__main__":
    for one in sys.argv[2:]:
        play(sys.argv[1], one)
