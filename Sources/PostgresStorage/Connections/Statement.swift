/// A statement with its parameters.
struct Statement: Sendable {
    let sql: String
    var parameters = Parameters()
    /// Whether the server is to keep the statement parsed, where a session is ours alone.
    var isKept = false

    init(_ sql: String, _ values: Value...) {
        self.init(sql, values)
    }

    init(_ sql: String, _ values: [Value]) {
        self.sql = sql
        for value in values {
            switch value {
            case .text(let text): parameters.append(text)
            case .number(let number): parameters.append(number)
            case .bytes(let bytes): parameters.append(bytes: bytes)
            case .texts(let texts): parameters.append(texts: texts) { $0 }
            case .json(let text): parameters.append(verbatim: text)
            }
        }
    }

    init(_ sql: String, _ parameters: Parameters, isKept: Bool = false) {
        self.sql = sql
        self.parameters = parameters
        self.isKept = isKept
    }

    /// One parameter; `json` is text that holds no U+0000.
    enum Value: Sendable {
        case text(String?), number(Int64?), bytes([UInt8]?), texts([String]), json([UInt8]?)
    }
}
