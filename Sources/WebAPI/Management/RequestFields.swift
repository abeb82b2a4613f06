internal import Domain
internal import NIOCore
internal import Tokens

extension JSON {
    /// A request's body, which must be strict JSON; as deep as it may be, so that members are refused by their names.
    static func read(_ body: ByteBuffer) throws(Failure) -> JSON {
        do throws(JSONFailure) {
            return try parse(body.readableBytesUInt8Span, maximumDepth: JSONScanner.depthCeiling)
        } catch {
            throw .invalidJSON(error.description)
        }
    }
}

extension JSONFields {
    /// Ends the reading of a request, or of the part of it that is called `entry`.
    mutating func finishRequest(of entry: String = "") throws(Failure) {
        do throws(JSONFields.Invalid) {
            try finish()
        } catch {
            // What is no object has no fields to complain of.
            if let whole = error.faults.first, whole.field.isEmpty {
                let text = "The body must be a JSON object."
                throw .invalidRequest(
                    entry.isEmpty ? text : Failure.unacceptable,
                    entry.isEmpty ? [] : [Failure.Field(entry, whole.detail)])
            }
            let prefix = entry.isEmpty ? "" : entry + "."
            throw .invalidRequest(
                Failure.unacceptable, error.faults.map { Failure.Field(prefix + $0.field, $0.detail) })
        }
    }
}

extension JSONFields {
    /// A member that can be left out but cannot be `null`.
    mutating func given<Value>(_ name: String, as reading: Reading<Value>) -> Value? {
        isThere(name) ? required(name, as: reading) : nil
    }

    /// A member that can be left out (keep), `null` (clear) or a value (set).
    mutating func change<Value>(_ name: String, as reading: Reading<Value>) -> FieldChange<Value> {
        guard isThere(name) else {
            _ = optional(name, as: reading)
            return .keep
        }
        if isNull(name) {
            _ = optional(name, as: reading)
            return .clear
        }
        return required(name, as: reading).map { .set($0) } ?? .keep
    }
}
