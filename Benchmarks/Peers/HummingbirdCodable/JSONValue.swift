/// Free-form JSON as Codable sees it.
enum JSONValue: Codable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// A member that may be absent (stay), null (clear) or given (replace).
enum Change<Value: Codable & Sendable>: Sendable {
    case absent
    case null
    case given(Value)

    var value: Value? {
        guard case .given(let value) = self else { return nil }
        return value
    }

    var isPresent: Bool {
        if case .absent = self { false } else { true }
    }
}

extension KeyedDecodingContainer {
    func change<Value>(_ type: Value.Type = Value.self, forKey key: Key) throws -> Change<Value> {
        guard self.contains(key) else { return .absent }
        return try self.decodeNil(forKey: key) ? .null : .given(try self.decode(Value.self, forKey: key))
    }
}
