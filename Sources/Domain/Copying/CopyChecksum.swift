internal import Tokens

/// A checksum over the rows of a table in the order of their keys, the same for the same rows in any database.
package struct CopyChecksum: Sendable, Equatable {
    /// Rows taken in.
    package private(set) var rows: Int64 = 0
    /// The SHA-256 of the one before and the newest row: a chain, so that the sizes of pages do not matter.
    private var link: Digest

    /// The checksum of a table without rows.
    package init(of table: CopyTable) {
        link = SHA256.digest(table.name.utf8.span)
    }

    /// Takes in the next row.
    package mutating func add(_ row: CopyRow) {
        var text = link.bytes
        for value in row.values { Self.append(value, to: &text) }
        link = SHA256.digest(text.span)
        rows += 1
    }

    /// The 32 bytes in hex.
    package var hex: String {
        link.bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16) }.joined()
    }

    /// A byte for the kind, then a length where there is one: no two rows have the same text.
    private static func append(_ value: CopyValue, to text: inout [UInt8]) {
        switch value {
        case .null: text.append(0)
        case .number(let number):
            text.append(1)
            append(UInt64(bitPattern: number), to: &text)
        case .bytes(let bytes):
            text.append(2)
            append(UInt64(bytes.count), to: &text)
            text += bytes
        }
    }

    private static func append(_ number: UInt64, to text: inout [UInt8]) {
        for place in 0..<8 { text.append(UInt8(truncatingIfNeeded: number >> UInt64(56 - place * 8))) }
    }
}
