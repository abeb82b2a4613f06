import Testing
import WebAPI

@Suite("A head is taken before the HTTP decoder only if it can be read in one way")
struct PlainHeadTests {
    @Test("target, fields and the length of the body are where they are")
    func parts() {
        let text = "POST /verify?a=b HTTP/1.1\r\nHost: h:80\r\nX-API-Key:k\r\ncontent-length: 17\r\nX-Empty:\r\n\r\n{}"
        let reading = Reading(text)
        #expect(reading.head?.method == .post && reading.head?.contentLength == 17)
        #expect(reading.head?.byteCount == text.utf8.count - 2)
        #expect(reading.target == "/verify?a=b")
        #expect(reading.fields == ["Host=h:80", "X-API-Key=k", "content-length=17", "X-Empty="])
    }

    @Test(
        "plain heads",
        arguments: [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHOST:a\r\n\r\n",
            "GET /t/a/.well-known/jwks.json HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /verify?expect=ws&x=%20;/?:@!$'()*+,-._~ HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.1\r\nHost: \r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nCONNECTION: Keep-Alive\r\nConnection:keep-alive\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a b  c: \"d\" ~!\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\nTE: trailers\r\n\r\n",
        ])
    func plain(text: String) {
        #expect(Reading(text).head?.byteCount == text.utf8.count)
    }

    @Test(
        "a request line with another method, target, version or spacing is the decoder's",
        arguments: [
            "HEAD / HTTP/1.1", "PUT / HTTP/1.1", "get / HTTP/1.1", "GETS / HTTP/1.1", "CONNECT a:80 HTTP/1.1",
            " GET / HTTP/1.1",
            "\r\nGET / HTTP/1.1", "GET  / HTTP/1.1", "GET\t/ HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ",
            "GET /\tHTTP/1.1",
            "GET / HTTP/1.0", "GET / HTTP/1.2", "GET / HTTP/2.0", "GET / http/1.1", "GET /", "GET / ", "GET HTTP/1.1",
            "OPTIONS * HTTP/1.1", "GET * HTTP/1.1", "GET http://a/ HTTP/1.1", "GET a HTTP/1.1", "GET /#a HTTP/1.1",
            "GET /a b HTTP/1.1", "GET /é HTTP/1.1", "PRI * HTTP/2.0",
        ])
    func requestLine(line: String) {
        #expect(Reading("GET / HTTP/1.1\r\nHost: a\r\n\r\n").head != nil)
        #expect(Reading(line + "\r\nHost: a\r\n\r\n").head == nil)
    }

    @Test(
        "a field that says where the request ends otherwise than by one plain number is the decoder's",
        arguments: [
            "Content-Length: ", "Content-Length:", "Content-Length: +5", "Content-Length: -5", "Content-Length: 05",
            "Content-Length: 00", "Content-Length: 5,5", "Content-Length: 5, 5", "Content-Length: 0x5",
            "Content-Length: 5 5",
            "Content-Length: 1000000", "Content-Length: 18446744073709551621", "Content-Length: five",
            "Content-Length: 5.",
            "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\ncontent-length: 6", "CONTENT-LENGTH: 5/",
            "Content-Length: 5:", "Transfer-Encoding: chunked", "transfer-encoding:", "TRANSFER-ENCODING: identity",
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
        ])
    func framing(field: String) {
        #expect(Reading(field: field).head == nil)
    }

    @Test(
        "a field that says something else of the connection is the decoder's",
        arguments: [
            "Connection: close", "Connection: upgrade", "Connection: keep-alive, close", "Connection:", "Connection: x",
            "Connection: keep-alive\r\nConnection: close", "connection: CLOSE", "Proxy-Connection: keep-alive",
            "Upgrade: h2c", "upgrade:", "Expect: 100-continue", "EXPECT: x", "Host: a", "host: b",
        ])
    func connection(field: String) {
        #expect(Reading(field: field).head == nil)
    }

    @Test("a head without a Host field is the decoder's")
    func noHost() {
        #expect(Reading("GET / HTTP/1.1\r\n\r\n").head == nil)
        #expect(Reading("GET / HTTP/1.1\r\nHosts: a\r\nX-Host: a\r\n\r\n").head == nil)
    }

    @Test(
        "a line that is not name, colon and value is the decoder's",
        arguments: [
            "X", ": a", "X : a", "X\t: a", " X: a", "\tX: a", "X Y: a", "X: a\r\n b", "X: a\r\n\tb", "X:\r\n b",
            "X:  a",
            "X: a ", "X:  ", "X:\ta", "X: a\t", "X: a\tb", "X: a\rY: b", "X: a\nY: b", "X: a\r", "\rX: a", "X: a\u{0}",
            "X: é",
            "X=a", "X; y: a", "{X}: a", "É: a",
        ])
    func lines(field: String) {
        #expect(Reading("GET / HTTP/1.1\r\nHost: a\r\nY: b\r\n\(field)\r\nZ: c\r\n\r\n").head == nil)
    }

    @Test(
        "lines end with CR LF and with nothing else",
        arguments: ["\n", "\r", "\r\r\n", "\n\r", " \r\n", "\t\r\n", "\u{0}\r\n", "\r\u{0}\n"])
    func lineEnds(end: String) {
        let lines = ["GET / HTTP/1.1", "Host: a", "X: b", ""]
        for broken in lines.indices {
            let text = lines.indices.map { lines[$0] + ($0 == broken ? end : "\r\n") }.joined()
            #expect(Reading(text).head == nil, "\(text.debugDescription)")
        }
    }

    @Test("of all bytes, names have those of tokens, values those that can be seen, targets those of paths and queries")
    func characters() {
        let letters = Set(UInt8(ascii: "a")...UInt8(ascii: "z")).union(UInt8(ascii: "A")...UInt8(ascii: "Z"))
        let plain = letters.union(UInt8(ascii: "0")...UInt8(ascii: "9"))
        func taken(_ before: String, _ after: String) -> Set<UInt8> {
            Set((0...255).filter { Reading(Array(before.utf8) + [$0] + Array(after.utf8)).head != nil })
        }
        // RFC 9110 §5.6.2, and the colon that ends the name.
        #expect(taken("GET / HTTP/1.1\r\nHost: a\r\nX", "Y: b\r\n\r\n") == plain.union("!#$%&'*+-.^_`|~:".utf8))
        #expect(taken("GET / HTTP/1.1\r\nHost: a\r\nX: b", "c\r\n\r\n") == Set(0x20...0x7E))
        // RFC 3986 §3.3 and §3.4.
        let target = plain.union("/?:@!$&'()*+,;=-._~%".utf8)
        #expect(taken("GET /a", "b HTTP/1.1\r\nHost: a\r\n\r\n") == target)
    }

    @Test("a head is read when its last byte is there, and what follows changes nothing")
    func boundaries() {
        let head = Array("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n".utf8)
        for count in head.indices { #expect(Reading(Array(head.prefix(count))).head == nil, "after \(count) bytes") }
        let reading = Reading(head).head
        #expect(reading?.byteCount == head.count)
        for behind in ["x", "\r\n", "\n", " ", "\u{0}", "Host: b\r\n\r\n", "POST /a HTTP/1.1\r\n"] {
            #expect(Reading(head + Array(behind.utf8)).head == reading)
        }
    }

    @Test("a head of more than 64 fields is the decoder's")
    func fieldCount() {
        func head(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X:\r\n", count: count - 1) + "\r\n"
        }
        #expect(Reading(head(64)).head?.byteCount == head(64).utf8.count)
        #expect(Reading(head(65)).head == nil)
    }

    @Test("a head of more than 8 KiB is the decoder's")
    func longest() {
        func head(_ count: Int) -> [UInt8] {
            let start = "GET / HTTP/1.1\r\nHost: a\r\nX: ", end = "\r\n\r\n"
            let filler = String(repeating: "x", count: count - start.utf8.count - end.utf8.count)
            return Array((start + filler + end).utf8)
        }
        #expect(Reading(head(PlainHead.longest)).head?.byteCount == 8 * 1_024)
        #expect(Reading(head(PlainHead.longest + 1)).head == nil)
    }
}

/// What the reader says of some bytes, as text.
private struct Reading {
    let head: PlainHead?
    let target: String?
    var fields: [String] = []

    init(_ bytes: [UInt8]) {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        var fields: [String] = []
        head = PlainHead.read(bytes.span) { name, value in fields.append(text(name) + "=" + text(value)) }
        target = head.map { text($0.target) }
        self.fields = fields
    }

    init(_ text: String) { self.init(Array(text.utf8)) }

    /// A request with a field behind its `Host`.
    init(field: String) { self.init("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n") }
}
