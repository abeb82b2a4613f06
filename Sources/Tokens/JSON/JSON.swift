import CJansson

/// An immutable JSON value, for everything that is not on the fast lane.
///
/// A tree of the jansson library; each `JSON` owns a reference to its part of the tree, so that no value outlives its
/// memory. Copies share the tree. Numbers are Int64 or Double: where every digit counts, keep the bytes that
/// `JSONScanner` accepted.
package struct JSON {
    /// One counted reference to a jansson value.
    @safe private final class Reference {
        let pointer: UnsafeMutablePointer<json_t>

        /// Takes over a reference that the caller owns; jansson gives nil only when memory has run out.
        init(owning pointer: UnsafeMutablePointer<json_t>?) {
            guard let pointer = unsafe pointer else { fatalError("out of memory") }
            unsafe self.pointer = unsafe pointer
        }

        deinit { unsafe json_decref(pointer) }
    }

    private let reference: Reference

    /// A value that takes over a reference to `pointer`.
    @unsafe init(owning pointer: UnsafeMutablePointer<json_t>?) {
        reference = unsafe Reference(owning: pointer)
    }

    private init(sharing pointer: UnsafeMutablePointer<json_t>) {
        reference = unsafe Reference(owning: json_incref(pointer))
    }

    /// Calls `body` with the jansson value, which is alive for as long as the call takes.
    func withPointer<Result>(_ body: (UnsafeMutablePointer<json_t>) -> Result) -> Result {
        withExtendedLifetime(reference) { unsafe body(reference.pointer) }
    }

    /// What the value is.
    package var kind: JSONScanner.Kind {
        switch unsafe withPointer({ unsafe $0.pointee.type }) {
        case JSON_STRING: .string
        case JSON_OBJECT: .object
        case JSON_ARRAY: .array
        case JSON_TRUE: .true
        case JSON_FALSE: .false
        case JSON_NULL: .null
        default: .number
        }
    }

    /// The text of a string; nil for any other value.
    package var string: String? {
        guard kind == .string else { return nil }
        return unsafe withPointer { pointer in
            let text = unsafe UnsafeBufferPointer(start: json_string_value(pointer), count: json_string_length(pointer))
            return unsafe String(decoding: UnsafeRawBufferPointer(text), as: UTF8.self)
        }
    }

    /// The value of a number written without fraction and exponent; nil for any other value.
    package var integer: Int64? {
        unsafe withPointer { unsafe $0.pointee.type == JSON_INTEGER ? json_integer_value($0) : nil }
    }

    /// The value of an integer as JSON Schema has it: 60, but also 60.0 and 6e1, these up to 2^53, where a Double is
    /// exact; nil for any other value.
    package var wholeNumber: Int64? {
        integer ?? double.flatMap { $0.magnitude <= 0x1p53 ? Int64(exactly: $0) : nil }
    }

    /// The value of any number, rounded to the nearest Double; nil for any other value.
    package var double: Double? {
        kind == .number ? unsafe withPointer { unsafe json_number_value($0) } : nil
    }

    /// The value of `true` or `false`; nil for any other value.
    package var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// Whether this is `null`.
    package var isNull: Bool { kind == .null }

    /// The elements of an array, in order; nil for any other value.
    package var array: [JSON]? {
        guard kind == .array else { return nil }
        return unsafe withPointer { pointer in
            unsafe (0..<json_array_size(pointer)).compactMap { index in
                unsafe json_array_get(pointer, index).map { unsafe JSON(sharing: $0) }
            }
        }
    }

    /// The members of an object, in the order in which they came; nil for any other value.
    package var members: [(name: String, value: JSON)]? {
        guard kind == .object else { return nil }
        return unsafe withPointer { pointer in
            var members: [(name: String, value: JSON)] = []
            var iterator = unsafe json_object_iter(pointer)
            while let position = unsafe iterator {
                let length = unsafe json_object_iter_key_len(position)
                let name = unsafe UnsafeRawBufferPointer(start: json_object_iter_key(position), count: length)
                if let value = unsafe json_object_iter_value(position) {
                    unsafe members.append((String(decoding: name, as: UTF8.self), JSON(sharing: value)))
                }
                unsafe iterator = unsafe json_object_iter_next(pointer, position)
            }
            return members
        }
    }

    /// The member of an object with this name; nil if there is none or the value is not an object.
    package subscript(name: String) -> JSON? {
        guard kind == .object else { return nil }
        var name = name
        return name.withUTF8 { utf8 in
            let key = unsafe UnsafeRawBufferPointer(utf8).assumingMemoryBound(to: CChar.self)
            return unsafe withPointer { pointer in
                unsafe json_object_getn(pointer, key.baseAddress, key.count).map { unsafe JSON(sharing: $0) }
            }
        }
    }
}

extension JSON: Equatable {
    /// Whether both are the same value; the order of members does not matter, and `1` is not `1.0`.
    package static func == (one: JSON, other: JSON) -> Bool {
        unsafe one.withPointer { left in unsafe other.withPointer { right in unsafe json_equal(left, right) == 1 } }
    }
}
