"""HTTP/2 by hand."""

import json
import ssl

import h2.connection
import h2.events

import evidence
from wire import Wire


def ask_over_http_2(server, trust, asked: list[tuple], key: str) -> list[tuple[dict, bytes]]:
    """All the requests at once as streams of one connection; the answers in their order."""
    trust.set_alpn_protocols(["h2"])
    with secure_wire(server, trust, timeout=30) as wire:
        assert wire.socket.selected_alpn_protocol() == "h2"
        protocol = h2.connection.H2Connection()
        protocol.initiate_connection()
        for index, (method, path, document) in enumerate(asked):
            fields = [
                (":method", method),
                (":path", path),
                (":scheme", "https"),
                (":authority", "127.0.0.1"),
                ("x-api-key", key),
            ]
            if document is not None:
                fields.append(("content-type", "application/json"))
            protocol.send_headers(2 * index + 1, fields, end_stream=document is None)
            if document is not None:
                protocol.send_data(2 * index + 1, json.dumps(document).encode(), end_stream=True)
        wire.send(protocol.data_to_send())
        heads, bodies, open_streams = {}, {}, len(asked)
        while open_streams:
            received = wire.socket.recv(65_536)
            assert received, "the connection ended"
            for event in protocol.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    heads[event.stream_id] = {
                        bytes(name).decode(): bytes(value).decode() for name, value in event.headers
                    }
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                    protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    open_streams -= 1
                assert not isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)), event
            wire.send(protocol.data_to_send())
    for body in bodies.values():
        evidence.note_document(json.loads(body))
    return [(heads[2 * index + 1], bodies[2 * index + 1]) for index in range(len(asked))]


def secure_wire(server, trust: ssl.SSLContext, timeout: float = 10) -> Wire:
    return Wire(server.port, timeout, lambda plain: trust.wrap_socket(plain, server_hostname="127.0.0.1"))
