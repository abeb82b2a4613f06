/// What a body may be declared as.
enum BodyType {
    case json, mergePatch, form, other

    /// The type of a `Content-Type`, whatever its parameters are (RFC 9110 §8.3.1).
    init(_ value: Span<UInt8>) {
        let end = value.indices.first { value[$0] == UInt8(ascii: ";") || value[$0].isFieldSpace } ?? value.count
        var rest = end
        while rest < value.count, value[rest].isFieldSpace { rest += 1 }
        let type = value.extracting(..<end)
        if rest < value.count, value[rest] != UInt8(ascii: ";") {
            self = .other
        } else if type.isSame(as: "application/json") {
            self = .json
        } else if type.isSame(as: "application/x-www-form-urlencoded") {
            self = .form
        } else {
            self = type.isSame(as: "application/merge-patch+json") ? .mergePatch : .other
        }
    }
}
