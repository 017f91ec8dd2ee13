# moto's S3 server, one request at a time: of two conditional writes at once it otherwise now and then
# takes both, which no server may that a ledger is kept on.
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

app = DomainDispatcherApplication(create_backend_app)
lock = threading.Lock()


def one_at_a_time(environ, start_response):
    with lock:
        return [b"".join(app(environ, start_response))]


run_simple(sys.argv[1], int(sys.argv[2]), one_at_a_time, threaded=True)
