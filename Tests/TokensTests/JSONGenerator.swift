/// Random JSON texts and random damage to them, the same on every run.
struct JSONGenerator {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    /// A valid text, except that names may repeat.
    mutating func text() -> [UInt8] {
        var output: [UInt8] = []
        value(depth: 0, &output)
        return output
    }

    /// The bytes with one to three places damaged.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(3) {
            let place = below(bytes.count + 1)
            switch below(5) {
            case 0 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1 where place < bytes.count: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: Self.fragments[below(Self.fragments.count)].utf8, at: place)
            case 3: bytes.removeSubrange(place...)
            default: bytes.insert(contentsOf: bytes[(place / 2)..<min(bytes.count, place / 2 + below(9))], at: place)
            }
        }
        return bytes
    }

    private static let fragments = [
        "\"", "\\", "\\u", "\\ud800", "\\udc00", "{", "}", "[", "]", ",", ":", "-", "+", ".", "e", "E5", "0", "1", "00",
        "true",
        "null", " ", "\n", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "😀", "\u{FEFF}", "\"a\":1,", "\"\\u0061\":1", "/",
        "//",
    ]
    private static let names = [
        "a", "b", "aa", "\\u0061", "", "long enough to pass a word", "é", "\\u00e9", "\\n", "A",
    ]
    private static let scalars = [
        "true", "false", "null", "0", "-0", "1", "-1", "1.5", "1e3", "1E-3", "0.1", "9223372036854775807", "1e22",
        "123456.789e-2",
        "-9223372036854775808", "1e308", "5e-324", "100", "2.50", "9007199254740993",
    ]
    private static let contents = [
        "", "a", "plain text", "\\\"", "\\\\", "\\/", "\\n", "é", "日本", "😀", "\\ud83d\\ude00", "\\u0001", "\\u20ac",
        "x{[,]}:y",
    ]

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    private mutating func pick(_ strings: [String]) -> String { strings[below(strings.count)] }

    private mutating func space(_ output: inout [UInt8]) {
        if below(4) == 0 { output.append(contentsOf: pick([" ", "\n", "\t", "\r\n", "  "]).utf8) }
    }

    private mutating func value(depth: Int, _ output: inout [UInt8]) {
        space(&output)
        switch below(depth > 4 ? 3 : 6) {
        case 0, 1: output.append(contentsOf: pick(Self.scalars).utf8)
        case 2: output.append(contentsOf: "\"\(pick(Self.contents))\(pick(Self.contents))\"".utf8)
        case 3: list("[", "]", depth, &output) { _, _ in }
        default:
            list("{", "}", depth, &output) { generator, output in
                output.append(contentsOf: "\"\(generator.pick(Self.names))\"".utf8)
                generator.space(&output)
                output.append(UInt8(ascii: ":"))
            }
        }
        space(&output)
    }

    private mutating func list(
        _ open: String, _ close: String, _ depth: Int, _ output: inout [UInt8],
        _ prefix: (inout JSONGenerator, inout [UInt8]) -> Void
    ) {
        output.append(contentsOf: open.utf8)
        for index in 0..<below(4) {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            space(&output)
            prefix(&self, &output)
            value(depth: depth + 1, &output)
        }
        space(&output)
        output.append(contentsOf: close.utf8)
    }
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
