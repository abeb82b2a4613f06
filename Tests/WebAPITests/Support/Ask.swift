import Tokens

/// A request as text.
struct Ask: Sendable {
    var method = "GET"
    var path: String
    var fields: [(String, String)] = []
    var body: [UInt8]?

    init(_ method: String, _ path: String, key: String? = nil, _ fields: [(String, String)] = []) {
        self.method = method
        self.path = path
        self.fields = (key.map { [("X-API-Key", $0)] } ?? []) + fields
    }

    /// A POST of a JSON text.
    static func post(
        _ path: String, key: String?, _ json: String, _ fields: [(String, String)] = []
    ) -> Ask {
        var ask = Ask("POST", path, key: key, [("Content-Type", "application/json")] + fields)
        ask.body = Array(json.utf8)
        return ask
    }

    /// The same with another field; the name may be there already.
    func with(_ name: String, _ value: String) -> Ask {
        var ask = self
        ask.fields.append((name, value))
        return ask
    }

    var bytes: [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: chat.example\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.count)\r\n" }
        return Array((text + "\r\n").utf8) + (body ?? [])
    }
}

extension HTTPAnswer {
    /// The body as a tree; null where it is no JSON.
    var json: JSON {
        get throws { try JSON.parse(body.span, maximumDepth: 32) }
    }

    /// The code of a problem document.
    var code: String? { (try? json)?["code"]?.string }

    /// The fields that a problem document complains about.
    var complaints: [String] {
        ((try? json)?["errors"]?.array ?? []).compactMap { $0["field"]?.string }
    }
}
