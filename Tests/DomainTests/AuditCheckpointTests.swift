import Domain
import SQLiteStorage
import Testing
import Tokens

@Suite("The deployment signs where the chains of the audit log are")
struct AuditCheckpointTests {
    private let house: House
    private let tenant: Tenant.ID

    init() throws {
        house = try House()
        tenant = try house.addTenant().id
    }

    private var seal: SealAuditLog { SealAuditLog(storage: house.storage, vault: house.vault, world: house.world) }

    private func act(_ times: Int = 1) throws {
        try house.storage.record(
            (0..<times).map { _ in AuditDraft(.keyChanged, for: tenant, by: .tests, at: house.world.now()) })
    }

    private func export() throws -> [String] {
        var export = try AuditExport(of: tenant, storage: house.storage, vault: house.vault, world: house.world)
        var lines: [String] = []
        while let page = try export.next() {
            lines += String(decoding: page, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        return lines
    }

    private func verified(_ lines: [String], keyed: Bool = true) throws -> AuditVerification {
        let keys = try seal.publicKeys().map { try SigningKey(jwk: try JSON.parse($0, maximumDepth: 4)) }
        var verification = AuditVerification(keys: keyed ? keys : [])
        for line in lines { verification.take(Array(line.utf8)) }
        verification.finish()
        return verification
    }

    @Test("a chain gets one at once, then one an hour if it has grown, or after a thousand entries")
    func due() throws {
        #expect(try seal().map(\.sequence) == [1])
        try act()
        #expect(try seal().isEmpty)
        house.clock.advance(milliseconds: 3_600_001)
        #expect(try seal().map(\.sequence) == [2])
        house.clock.advance(milliseconds: 7_200_000)
        #expect(try seal().isEmpty, "it has not grown")
        try act(1_000)
        #expect(try seal().map(\.sequence) == [1_002])
        try act(999)
        #expect(try seal().isEmpty)
        try act()
        #expect(try seal().map(\.sequence) == [2_002])
    }

    @Test("an export has them where they belong, of a chain of any length, and they are checked")
    func exported() throws {
        try act(450)
        _ = try seal()
        try act(60)
        let lines = try export()
        #expect(lines.count == 513 && lines[451].hasPrefix(#"{"checkpoint""#) && lines[512].hasPrefix(#"{"seal""#))
        let verification = try verified(lines)
        #expect(verification.firstBreak == nil && verification.entries == 511 && verification.checkpoints == 1)
        #expect(try seal.publicKeys().count == 1, "one key for all")
    }

    @Test("a checkpoint of another entry, of another kind or by another key is a broken link")
    func forged() throws {
        _ = try seal()
        try act(2)
        let lines = try export()
        func fault(_ change: (inout [String]) -> Void, keyed: Bool = true) throws -> String? {
            var lines = lines
            change(&lines)
            return try verified(lines, keyed: keyed).firstBreak.map { "\($0.line) \($0.why)" }
        }
        #expect(try fault { _ in } == nil)
        #expect(try fault { $0.swapAt(1, 2) }?.hasPrefix("3 has a checkpoint of another entry") == true)
        #expect(
            try fault { $0[4] = $0[1].replacing("checkpoint", with: "seal") }?.hasPrefix("5 has a statement") == true)
        let other = try AuditCheckpointTests()
        _ = try other.seal()
        let theirs = try other.export()
        #expect(try fault { $0[1] = theirs[1] }?.contains("a key that was not given") == true)
        #expect(try fault({ $0[1] = theirs[1] }, keyed: false)?.contains("signed for another entry") == true)
        #expect(try verified([]).firstBreak?.why.contains("cut off") == true)
    }

    @Test("an empty log has an export that is in order")
    func empty() throws {
        var export = try AuditExport(of: nil, storage: house.storage, vault: house.vault, world: house.world)
        let line = try #require(try export.next())
        #expect(try export.next() == nil)
        let verification = try verified([String(decoding: line.dropLast(), as: UTF8.self)])
        #expect(verification.firstBreak == nil && verification.entries == 0)
    }

    @Test("a statement does not open under another master key, and the key is not in clear")
    func sealed() throws {
        _ = try seal()
        let other = Vault(master: try MasterKey(World.system.randomBytes(MasterKey.byteCount)))
        house.clock.advance(milliseconds: 3_600_001)
        try act()
        #expect(throws: ManagementFailure.self) {
            try SealAuditLog(storage: house.storage, vault: other, world: house.world)()
        }
        #expect(
            try house.storage.auditKeys().allSatisfy { !String(decoding: $0.sealed, as: UTF8.self).contains("OKP") })
    }
}
