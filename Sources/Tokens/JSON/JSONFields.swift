/// Takes typed fields from an object and collects every complaint, so that a caller learns all of them at once.
///
/// Usage:
///
///     var fields = JSONFields(json)
///     let token = fields.required("token", as: .string)
///     let batch = fields.optional("batch", as: .integer)
///     try fields.finish()
///
/// After `finish()` has returned, no required field is nil.
package struct JSONFields {
    /// What is wrong with the fields of an object; never empty.
    package struct Invalid: Error, Equatable, Sendable {
        /// In the order in which the fields were asked for, then the unknown members in theirs.
        package let faults: [Fault]
    }

    /// One field and one sentence about it that is safe to show to whoever sent it.
    package struct Fault: Equatable, Sendable {
        /// The name of the member; empty if the whole value is meant.
        package let field: String
        /// What is wrong with it.
        package let detail: String

        /// A fault of this field.
        package init(field: String, detail: String) {
            self.field = field
            self.detail = detail
        }
    }

    /// How to read a field of one type.
    package struct Reading<Value> {
        let expectation: String
        let read: (JSON) -> Value?

        /// A reading that answers nil for a value it does not take.
        ///
        /// - Parameters:
        ///   - expectation: Completes the sentence "must be …".
        ///   - read: The value, or nil.
        package init(_ expectation: String, _ read: @escaping (JSON) -> Value?) {
            self.expectation = expectation
            self.read = read
        }
    }

    private let json: JSON
    /// By their bytes: Swift takes canonically equivalent strings for equal, such as "K" and the Kelvin sign.
    private var asked: Set<[UInt8]> = []
    private var faults: [Fault] = []

    /// The fields of `json`; if it is not an object, `finish()` says so and every field is nil.
    package init(_ json: JSON) {
        self.json = json
        if json.kind != .object { faults = [Fault(field: "", detail: "must be an object")] }
    }

    /// The field with this name; its absence, or a value of another type, is a fault.
    package mutating func required<Value>(_ name: String, as reading: Reading<Value>) -> Value? {
        guard let json = take(name) else {
            refuse(name, "is required")
            return nil
        }
        return read(json, name, reading)
    }

    /// The field with this name, nil if it is absent or `null`; a value of another type is a fault.
    package mutating func optional<Value>(_ name: String, as reading: Reading<Value>) -> Value? {
        guard let json = take(name), !json.isNull else { return nil }
        return read(json, name, reading)
    }

    /// Whether the object has the member, be it `null`.
    package func isThere(_ name: String) -> Bool { json[name] != nil }

    /// Whether the object has the member and it is `null`.
    package func isNull(_ name: String) -> Bool { json[name]?.isNull == true }

    /// Adds a fault that the caller found.
    package mutating func refuse(_ name: String, _ detail: String) {
        faults.append(Fault(field: name, detail: detail))
    }

    /// Throws what has been collected; members that nobody asked for are faults too.
    package mutating func finish() throws(Invalid) {
        for member in json.members ?? [] where !asked.contains(Array(member.name.utf8)) {
            refuse(member.name, "is not a known member")
        }
        guard faults.isEmpty else { throw Invalid(faults: faults) }
    }

    private mutating func take(_ name: String) -> JSON? {
        asked.insert(Array(name.utf8))
        return json[name]
    }

    private mutating func read<Value>(_ json: JSON, _ name: String, _ reading: Reading<Value>) -> Value? {
        if let value = reading.read(json) { return value }
        refuse(name, "must be \(reading.expectation)")
        return nil
    }
}

extension JSONFields.Reading {
    /// Any value.
    package static var any: JSONFields.Reading<JSON> { .init("a value") { $0 } }
    /// A string.
    package static var string: JSONFields.Reading<String> { .init("a string", \.string) }
    /// An integer.
    package static var integer: JSONFields.Reading<Int64> { .init("an integer", \.wholeNumber) }
    /// `true` or `false`.
    package static var bool: JSONFields.Reading<Bool> { .init("true or false", \.bool) }
    /// An object.
    package static var object: JSONFields.Reading<JSON> { .init("an object") { $0.kind == .object ? $0 : nil } }
    /// An array.
    package static var array: JSONFields.Reading<[JSON]> { .init("an array", \.array) }
    /// An array of strings.
    package static var strings: JSONFields.Reading<[String]> {
        .init("an array of strings") { json in
            guard let elements = json.array else { return nil }
            let strings = elements.compactMap(\.string)
            return strings.count == elements.count ? strings : nil
        }
    }
}
