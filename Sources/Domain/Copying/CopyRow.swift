/// A value as it is stored; what its bytes mean, the column says.
package enum CopyValue: Sendable, Equatable {
    case null
    case number(Int64)
    /// A text's UTF-8, or a blob.
    case bytes([UInt8])

    /// The bytes; nil where there are none.
    package var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }

    /// The value read as text; nil where it is none.
    package var text: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }
}

/// A row as it is stored.
package struct CopyRow: Sendable, Equatable {
    /// The values of the table's columns, in their order.
    package let values: [CopyValue]

    /// A row with these values.
    package init(_ values: [CopyValue]) {
        self.values = values
    }

    /// The values of the table's key.
    package func key(in table: CopyTable) -> CopyKey {
        CopyKey(Array(values.prefix(table.key.count)))
    }
}

/// Where a row stands in its table.
package struct CopyKey: Sendable, Comparable {
    /// The values of the key's columns, in their order.
    package let values: [CopyValue]

    /// A key with these values.
    package init(_ values: [CopyValue]) {
        self.values = values
    }

    /// Column by column; texts by their bytes, as both databases order them.
    package static func < (left: CopyKey, right: CopyKey) -> Bool {
        for (one, other) in zip(left.values, right.values) where one != other {
            switch (one, other) {
            case (.number(let one), .number(let other)): return one < other
            case (.bytes(let one), .bytes(let other)): return one.lexicographicallyPrecedes(other)
            default: return false
            }
        }
        return false
    }
}
