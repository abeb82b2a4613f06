/// Makes requests that are nearly right: good ones with a few changes of the kinds that divide readers of HTTP.
struct RequestMutator {
    private var chance: SplitMix64

    init(seed: UInt64) { chance = SplitMix64(state: seed) }

    private static let good = [
        "POST /tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST /tokens HTTP/1.1\r\nHost: a\r\nX-API-Key: k\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "POST /verify HTTP/1.1\r\ncontent-length: 3\r\nhost: 127.0.0.1:8080\r\nuser-agent: x (y; z) \"q\"\r\n\r\n[1]",
        "POST /oauth2/introspect HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YTpi\r\nAccept: */*\r\nContent-Length: 7\r\n\r\ntoken=e",
        "GET /verify?expect=ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nX-Chat-Token: e30.e30.e30\r\n\r\n",
        "GET /t/a/.well-known/jwks.json HTTP/1.1\r\nHOST:a\r\nIf-None-Match: \"1\", W/\"2\"\r\nX-Empty:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nPOST /hidden HTTP/1.1\r\nHost: b\r\n\r\n",
    ].map { Array($0.utf8) }

    /// Field lines and parts of some that change where a request ends, what follows it, or whether it is one.
    private static let fields = [
        "Content-Length: 5", "Content-Length: 0", "Content-Length: +5", "Content-Length: -1", "Content-Length: 05",
        "Content-Length: 5, 5", "Content-Length: 5 ", "Content-Length:  5", "Content-Length:\t5", "Content-Length:",
        "Content-Length: 0x5", "Content-Length: 5 1", "Content-Length: 18446744073709551621", "Content-Length: 65536",
        "Content-Length: 5\u{B}", "Content-Length : 5", "Content_Length: 9", "Content-Lengt: 9", "Content-Lengths: 9",
        "Transfer-Encoding: chunked", "transfer-encoding: Chunked", "Transfer-Encoding: identity",
        "Transfer-Encoding : chunked", "Transfer-Encoding:\u{B}chunked", "Transfer-Encoding: x, chunked",
        "Transfer-Encoding:", "Transfer-Encodin: chunked", "Transfer_Encoding: chunked",
        "X: a\r\n b", "X:\r\n b", "X:\r\n\tContent-Length: 9", "X: a\rContent-Length: 9", "X: a\nContent-Length: 9",
        "X: a\tb", "X:\ta", "X: a\t", "X: a ", "X: ", "X:", "X:  a", "X:a", "X : a", " X: a", "\tX: a", ": a",
        "nothing",
        "X Y: a", "X\u{1}: a", "(X): a", "X: \u{0}", "X: \u{7F}", "X: \u{1}", "X: é", "É: a", "X: a\r", "X: a\r\r",
        "X: a: b",
        "!#$%&'*+-.^_`|~1: a", "Host: b", "HOST: b", "Host:", "host : b", "Connection: close", "Connection: Keep-Alive",
        "connection: keep-alive", "Connection: keep-alive, close", "Connection: keep-alive, upgrade", "Connection:",
        "Connection: close\r\nConnection: keep-alive", "Connection: x", "Proxy-Connection: close",
        "Expect: 100-continue",
        "Upgrade: h2c", "Upgrade: websocket\r\nConnection: upgrade", "Trailer: X", "TE: trailers", "Keep-Alive: 5",
    ].map { Array($0.utf8) }

    private static let starts = [
        "GET", "POST", "HEAD", "PUT", "CONNECT", "get", "GETS", "GE", "", "PRI", "OPTIONS", "POST ", " GET", "\r\nGET",
        "GET /a", "QUERY", "M-SEARCH",
    ].map { Array($0.utf8) }

    private static let targets = [
        "/", "*", "/a b", "/\u{1}", "/\t", "/é", "http://a/b", "//a/b", "/?a=b&c=%20", "/#x", "/a#b", "a:80", "", "/[",
        "/\"",
        "/<>", "/\\", "/^`{|}", "/;=@:!$'()*+,-._~", "/a?b?c", "/a\u{7F}", "/%zz", "/a/../b",
    ].map { Array($0.utf8) }

    private static let versions = [
        "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 ", " HTTP/1.1", "HTTP/1.1\t",
        "",
        "HTTP/11", "HTTP/1.10", "HTTPS/1.1", "ICE/1.0", "RTSP/1.0", "HTTP/1,1", "HTTP/ 1.1",
    ].map { Array($0.utf8) }

    private static let lineEnds = [
        "\r\n", "\n", "\r", "\r\r\n", "\n\n", "\r\n\r\n", "", " \r\n", "\n\r", "\u{0}\r\n", "\r \n",
    ]
    .map { Array($0.utf8) }

    private static let odd: [UInt8] = [
        0x0D, 0x0A, 0x00, 0x09, 0x20, 0x0B, 0x0C, 0x7F, 0x80, 0xFF, 0x3A, 0x2C, 0x30, 0x2B,
    ]

    /// The next request.
    mutating func next() -> [UInt8] {
        var bytes = pick(Self.good)
        for _ in 0..<[0, 1, 1, 1, 1, 2, 2, 3][number(8)] { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        switch number(16) {
        case 0...4: insertField(into: &bytes)
        case 5: replaceWord(0, of: &bytes, by: pick(Self.starts))
        case 6: replaceWord(1, of: &bytes, by: pick(Self.targets))
        case 7: replaceWord(2, of: &bytes, by: pick(Self.versions))
        case 8: replaceLineEnd(of: &bytes)
        case 9: bytes.insert(pick(Self.odd), at: number(bytes.count + 1))
        case 10: if !bytes.isEmpty { bytes[number(bytes.count)] = pick(Self.odd) }
        case 11: if !bytes.isEmpty { bytes[number(bytes.count)] = UInt8(truncatingIfNeeded: chance.next()) }
        case 12: if !bytes.isEmpty { bytes.remove(at: number(bytes.count)) }
        case 13: bytes.removeLast(min(bytes.count, number(8)))
        case 14: bytes += [UInt8](repeating: pick(Self.odd), count: number(4))
        default: repeatPart(of: &bytes)
        }
    }

    /// Puts a line somewhere behind the request line, or in the place of another.
    private mutating func insertField(into bytes: inout [UInt8]) {
        let ends = lineEnds(in: bytes)
        guard let line = ends.indices.randomElement(using: &chance) else { return }
        let start = ends[line].upperBound
        let isReplacing = line + 1 < ends.count && number(4) == 0
        // Now and then so many that only a limit on their number stops them.
        let count = number(400) == 0 ? 300 : 1
        var field: [UInt8] = []
        for _ in 0..<count { field += (count == 1 ? pick(Self.fields) : [0x78, 0x3A]) + [0x0D, 0x0A] }
        bytes.replaceSubrange(start..<(isReplacing ? ends[line + 1].upperBound : start), with: field)
    }

    /// Replaces a word of the request line, counted from 0.
    private mutating func replaceWord(_ index: Int, of bytes: inout [UInt8], by word: [UInt8]) {
        guard let end = lineEnds(in: bytes).first?.lowerBound else { return }
        var words = bytes[..<end].split(separator: 0x20, omittingEmptySubsequences: false).map { Array($0) }
        guard index < words.count else { return }
        words[index] = word
        bytes.replaceSubrange(..<end, with: Array(words.joined(separator: [0x20])))
    }

    private mutating func replaceLineEnd(of bytes: inout [UInt8]) {
        guard let end = lineEnds(in: bytes).randomElement(using: &chance) else { return }
        bytes.replaceSubrange(end, with: pick(Self.lineEnds))
    }

    private mutating func repeatPart(of bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let start = number(bytes.count)
        let part = bytes[start..<min(bytes.count, start + 1 + number(40))]
        bytes.insert(contentsOf: part, at: number(bytes.count + 1))
    }

    private func lineEnds(in bytes: [UInt8]) -> [Range<Int>] {
        bytes.indices.dropLast().filter { bytes[$0] == 0x0D && bytes[$0 + 1] == 0x0A }.map { $0..<$0 + 2 }
    }

    private mutating func number(_ bound: Int) -> Int { Int(chance.next() % UInt64(bound)) }

    private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[number(choices.count)] }
}

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
