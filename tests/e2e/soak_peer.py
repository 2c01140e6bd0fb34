"""soak_peer.py server PORT-FILE | client PORT-FILE REPORT: two services that talk over mutual TLS without a pause.

They are marbles under marble-run --renew, and know nothing of it: identity.pem (certificates and key) and root.pem in
their working directory are the manifest's, and SIGHUP says that they are new. The client makes one connection after
the other, in several threads, and writes to REPORT how many requests there were, which certificates both sides showed,
and each failure.
"""
# SPDX-License-Identifier: Apache-2.0
#
import os
import signal
import socket
import ssl
import sys
import threading
import time

THREADS = 4


def new_context(purpose):
    context = ssl.create_default_context(purpose, cafile="root.pem")
    context.load_cert_chain("identity.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class Current:
    """The context of the files as they were at the last SIGHUP."""

    def __init__(self, purpose):
        self.purpose = purpose
        self.context = new_context(purpose)
        signal.signal(signal.SIGHUP, self.reload)

    def reload(self, *_):
        self.context = new_context(self.purpose)


def answer(current, connection):
    with connection:
        try:
            with current.context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(100)
                tls.sendall(b"served")
        except (OSError, ssl.SSLError) as e:
            print("server:", e, file=sys.stderr, flush=True)


def serve(port_file):
    current = Current(ssl.Purpose.CLIENT_AUTH)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        with open(port_file + ".new", "w") as f:
            f.write(str(listener.getsockname()[1]))
        os.rename(port_file + ".new", port_file)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=answer, args=(current, connection), daemon=True).start()


def one_request(context, port, seen):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        with context.wrap_socket(s, server_hostname="localhost") as tls:
            seen.add(tls.getpeercert()["serialNumber"])
            tls.sendall(b"please")
            if tls.recv(100) != b"served":
                raise OSError("another answer")


def load(current, port, end, report):
    while not end.is_set():
        try:
            one_request(current.context, port, report["certificates"])
            report["requests"] += 1  # under the interpreter's lock, of one thread's own
        except (OSError, ssl.SSLError) as e:
            report["failures"].append(f"{time.strftime('%T')} {e}")


def call(port_file, report_file):
    current = Current(ssl.Purpose.SERVER_AUTH)
    with open(port_file) as f:
        port = int(f.read())
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    reports = [{"requests": 0, "certificates": set(), "failures": []} for _ in range(THREADS)]
    threads = [threading.Thread(target=load, args=(current, port, end, r)) for r in reports]
    for t in threads:
        t.start()
    for t in threads:
        while t.is_alive():
            t.join(0.2)  # signals are taken here
    failures = [f for r in reports for f in r["failures"]]
    with open(report_file, "w") as f:
        print("requests:", sum(r["requests"] for r in reports), file=f)
        print("certificates:", len(set().union(*(r["certificates"] for r in reports))), file=f)
        print("failures:", len(failures), file=f)
        for failure in failures[:20]:
            print("failure:", failure, file=f)
    return 7 if failures else 0


if __name__ == "__main__":
    if sys.argv[1] == "server":
        serve(sys.argv[2])
    else:
        sys.exit(call(sys.argv[2], sys.argv[3]))
