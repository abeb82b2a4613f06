internal import CLibPQ

/// The parameters of a statement in PostgreSQL's binary format, one after the other in one buffer.
///
/// PostgreSQL's texts cannot hold U+0000, Swift's can: it is stored as U+FFFF and a `0`, and U+FFFF, which no
/// character is, as itself and a `1`.
struct Parameters: Sendable {
    /// Types by their fixed object identifiers (`pg_type.dat`).
    private enum Kind {
        static let bytea: Oid = 17, bigint: Oid = 20, text: Oid = 25, bigintArray: Oid = 1_016, textArray: Oid = 1_009
        static let byteaArray: Oid = 1_001
    }

    private(set) var types: [Oid] = []
    /// Where each value begins, and its length; nil: NULL.
    private(set) var places: [(start: Int, length: Int)?] = []
    private(set) var bytes: [UInt8] = []

    init() {}

    /// Forgets the values and keeps the memory.
    mutating func removeAll() {
        types.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func append(_ text: String?) {
        add(Kind.text, isNull: text == nil) { $0.put(text ?? "") }
    }

    mutating func append(_ number: Int64?) {
        add(Kind.bigint, isNull: number == nil) { $0.put(UInt64(bitPattern: number ?? 0)) }
    }

    mutating func append(bytes: [UInt8]?) {
        add(Kind.bytea, isNull: bytes == nil) { $0.bytes.append(contentsOf: bytes ?? []) }
    }

    /// A text that is given as UTF-8 without U+0000.
    mutating func append(verbatim text: [UInt8]?) {
        add(Kind.text, isNull: text == nil) { $0.bytes.append(contentsOf: text ?? []) }
    }

    /// An array of texts; nil: NULL.
    mutating func append<Elements: Collection>(texts: Elements?, _ text: (Elements.Element) -> String?) {
        guard let texts else { return add(Kind.textArray, isNull: true) { _ in } }
        append(array: texts, of: Kind.textArray, element: Kind.text) { parameters, element in
            guard let text = text(element) else { return false }
            parameters.put(text)
            return true
        }
    }

    /// An array of texts that are given as UTF-8 without U+0000.
    mutating func append<Elements: Collection>(verbatim texts: Elements, _ text: (Elements.Element) -> [UInt8]?) {
        append(array: texts, of: Kind.textArray, element: Kind.text) { parameters, element in
            guard let text = text(element) else { return false }
            parameters.bytes.append(contentsOf: text)
            return true
        }
    }

    /// An array of numbers; nil: NULL.
    mutating func append<Elements: Collection>(numbers: Elements?, _ number: (Elements.Element) -> Int64?) {
        guard let numbers else { return add(Kind.bigintArray, isNull: true) { _ in } }
        append(array: numbers, of: Kind.bigintArray, element: Kind.bigint) { parameters, element in
            guard let number = number(element) else { return false }
            parameters.put(UInt64(bitPattern: number))
            return true
        }
    }

    /// An array of byte strings.
    mutating func append<Elements: Collection>(blobs: Elements, _ bytes: (Elements.Element) -> [UInt8]?) {
        append(array: blobs, of: Kind.byteaArray, element: Kind.bytea) { parameters, element in
            guard let bytes = bytes(element) else { return false }
            parameters.bytes.append(contentsOf: bytes)
            return true
        }
    }

    /// The array format of `array_recv`: dimensions, whether NULLs may occur, element type, length, lower bound,
    /// then each element with its length.
    private mutating func append<Elements: Collection>(
        array: Elements, of type: Oid, element: Oid, _ put: (inout Parameters, Elements.Element) -> Bool
    ) {
        add(type, isNull: false) { parameters in
            parameters.put(array.isEmpty ? 0 : 1 as UInt32)
            parameters.put(1 as UInt32)
            parameters.put(element as UInt32)
            guard !array.isEmpty else { return }
            parameters.put(UInt32(array.count))
            parameters.put(1 as UInt32)
            for element in array {
                let place = parameters.bytes.count
                parameters.put(UInt32.max)
                guard put(&parameters, element) else { continue }
                parameters.overwrite(place, with: UInt32(parameters.bytes.count - place - 4))
            }
        }
    }

    private mutating func add(_ type: Oid, isNull: Bool, _ put: (inout Parameters) -> Void) {
        types.append(type)
        guard !isNull else { return places.append(nil) }
        let start = bytes.count
        put(&self)
        places.append((start, bytes.count - start))
    }

    private mutating func put(_ text: String) {
        var text = text
        let isPlain = text.withUTF8 { utf8 in
            // U+FFFF begins with EF; so do many characters, which are looked at more closely below.
            guard unsafe !utf8.contains(where: { $0 == 0 || $0 == 0xEF }) else { return false }
            unsafe bytes.append(contentsOf: utf8)
            return true
        }
        if isPlain { return }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\0": bytes.append(contentsOf: "\u{FFFF}0".utf8)
            case "\u{FFFF}": bytes.append(contentsOf: "\u{FFFF}1".utf8)
            default: bytes.append(contentsOf: String(scalar).utf8)
            }
        }
    }

    private mutating func put(_ number: some FixedWidthInteger & UnsignedInteger) {
        var shift = number.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private mutating func overwrite(_ place: Int, with number: UInt32) {
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32(index))) }
    }
}
