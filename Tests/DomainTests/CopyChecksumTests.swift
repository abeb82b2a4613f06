import Domain
import Testing

@Suite("The checksum of a copied table")
struct CopyChecksumTests {
    private static func sum(_ rows: [[CopyValue]]) -> String {
        var sum = CopyChecksum(of: CopyTable.all[0])
        for row in rows { sum.add(CopyRow(row)) }
        return sum.hex
    }

    private static func text(_ text: String) -> CopyValue { .bytes(Array(text.utf8)) }

    @Test("Whatever differs between two tables shows")
    func injective() {
        let tables: [[[CopyValue]]] = [
            [], [[.null]], [[Self.text("")]], [[.number(0)]], [[.null, .null]], [[.null], [.null]],
            [[Self.text("ab"), Self.text("c")]], [[Self.text("a"), Self.text("bc")]], [[Self.text("abc")]],
            [[Self.text("a")], [Self.text("b")]], [[Self.text("b")], [Self.text("a")]],
            [[.number(1), .number(2)]], [[.number(1 << 32)]], [[.number(-1)]],
            [[.bytes([UInt8](repeating: 0, count: 8))]], [[.bytes([0])]],
            [[Self.text("é")]], [[Self.text("e\u{301}")]],
            // Two values, or one whose bytes look like two.
            [[.bytes([]), .bytes([])]], [[.bytes([2] + [UInt8](repeating: 0, count: 8))]],
            [[.bytes([1, 2]), .null]], [[.bytes([1, 2, 0])]], [[.bytes([1, 2, 0]), .null]],
            [[Self.text("a\u{2}b")]], [[Self.text("a"), Self.text("b")]],
        ]
        #expect(Set(tables.map(Self.sum)).count == tables.count)
        let names = Set(CopyTable.all.map { CopyChecksum(of: $0).hex })
        #expect(names.count == CopyTable.all.count, "an empty table is not another empty table")
    }

    @Test("The same rows have the same checksum, and are counted")
    func same() {
        let rows: [[CopyValue]] = [[.number(1), Self.text("a")], [.number(2), .null]]
        #expect(Self.sum(rows) == Self.sum(rows))
        var sum = CopyChecksum(of: CopyTable.all[0])
        for row in rows { sum.add(CopyRow(row)) }
        #expect(sum.rows == 2)
    }

    @Test("Keys are ordered by column, texts by their bytes")
    func order() {
        let keys = [["B", "z"], ["a", "10"], ["a", "9"], ["a", "Z"], ["a", "é"], ["a", "🎉"], ["aa", ""]].map { key in
            CopyKey(key.map(Self.text))
        }
        #expect(keys.shuffled().sorted() == keys)
        #expect(CopyKey([Self.text("a"), .number(9)]) < CopyKey([Self.text("a"), .number(10)]))
        #expect(!(CopyKey([Self.text("a")]) < CopyKey([Self.text("a")])))
    }
}
