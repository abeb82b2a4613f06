/// Commands in the protocol's form (RESP2), to be sent together.
struct RedisCommands {
    private(set) var bytes: [UInt8] = []
    /// How many answers there will be.
    private(set) var count = 0

    /// Commands of one.
    init(_ words: String...) {
        append(words)
    }

    init() {}

    /// Adds a command.
    mutating func append(_ words: [String]) {
        count += 1
        header("*", words.count)
        for word in words {
            header("$", word.utf8.count)
            bytes.append(contentsOf: word.utf8)
            bytes.append(contentsOf: "\r\n".utf8)
        }
    }

    private mutating func header(_ sign: Unicode.Scalar, _ number: Int) {
        bytes.append(UInt8(ascii: sign))
        bytes.append(contentsOf: String(number).utf8)
        bytes.append(contentsOf: "\r\n".utf8)
    }
}
