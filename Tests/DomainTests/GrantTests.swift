import Domain
import Testing

@Suite("A grant's identifier is a UUID of version 7 (RFC 9562 §5.7)")
struct GrantTests {
    /// RFC 9562, appendix A.6.
    private static let example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    @Test("the RFC's example has the RFC's text, halves and birth")
    func example() throws {
        let birth = Timestamp(milliseconds: 1_645_557_742_000)
        let id = Grant.ID(birth: birth, random: 0xCC3, moreRandom: 0x18C4_DC0C_0C07_398F)
        #expect(id.description == Self.example)
        #expect(id.high == 0x017F_22E2_79B0_7CC3 && id.low == 0x98C4_DC0C_0C07_398F)
        #expect(id.birth == birth)
        #expect(Grant.ID(Self.example.utf8.span) == id)
    }

    @Test("all random bits set or clear, version and variant stay what they are")
    func fixedBits() {
        let birth = Timestamp(milliseconds: 0)
        let least = Grant.ID(birth: birth, random: 0, moreRandom: 0)
        let greatest = Grant.ID(birth: birth, random: .max, moreRandom: .max)
        #expect(least.description == "00000000-0000-7000-8000-000000000000")
        #expect(greatest.description == "00000000-0000-7fff-bfff-ffffffffffff")
    }

    @Test("the text leads back to the same identifier, which carries the millisecond of its birth")
    func roundTrip() {
        var source = Grant.Source(world: .system)
        for _ in 0..<2_000 {
            let birth = Timestamp(milliseconds: Int64.random(in: 0..<(1 << 48)))
            let id = source.next(at: birth)
            let text = id.description
            #expect(text.utf8.count == 36)
            #expect(Grant.ID(text.utf8.span) == id)
            #expect(id.birth == birth)
        }
    }

    @Test("identifiers of one millisecond differ")
    func distinct() {
        var source = Grant.Source(world: .system)
        let birth = Timestamp(milliseconds: 1)
        #expect(Set((0..<10_000).map { _ in source.next(at: birth) }).count == 10_000)
    }

    @Test("every version but 7 and every variant but RFC 9562's is refused")
    func otherUUIDs() {
        for digit in "0123456789abcdef" {
            var version = Array(Self.example)
            version[14] = digit
            #expect((Grant.ID(String(version).utf8.span) != nil) == (digit == "7"))
            var variant = Array(Self.example)
            variant[19] = digit
            #expect((Grant.ID(String(variant).utf8.span) != nil) == "89ab".contains(digit))
        }
    }

    @Test("upper case is refused, so that an identifier has one text only")
    func upperCase() {
        for index in Self.example.indices where Self.example[index].isLetter {
            let capital =
                Self.example.prefix(upTo: index) + Self.example[index].uppercased()
                + Self.example[index...].dropFirst()
            #expect(Grant.ID(String(capital).utf8.span) == nil)
        }
    }

    @Test(
        "text of another form is refused",
        arguments: [
            "", "017f22e2", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
            "017f22e279b0-7cc3-98c4-dc0c0c07398f-", "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
            "017f22e2079b0-7cc3-98c4-dc0c0c07398f", "g17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}", "017f22e2-79b0-7cc3-98c4-dc0c0c0739é",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
        ])
    func otherForms(text: String) {
        #expect(Grant.ID(text.utf8.span) == nil)
    }
}
