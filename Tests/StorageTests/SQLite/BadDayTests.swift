import Domain
import Foundation
import SQLiteStorage
import Testing

@Suite("Bad days of an SQLite database")
struct BadDayTests {
    private static let hasty = Tuning(patience: 0.2)

    @Test("Locked by another process: unavailable, nothing changed, well again after", .enabled(if: Child.isPossible))
    func locked() throws {
        let file = try File()
        let (storage, acme) = try file.scene(Self.hasty)
        _ = try storage.issue([acme.command("secret-user", name: .set("before"))])
        let commands = try [acme.command("secret-user", name: .set("after")), acme.command("new")]

        let other = try Child.writing(file.path)
        let refused = failure { () throws(StoreFailure) in try storage.issue(commands) }
        #expect(refused?.isUnavailable == true)
        #expect(refused?.text.contains("locked") == true)
        #expect(refused?.text.contains("secret-user") == false)
        #expect(failure { () throws(StoreFailure) in try storage.update(acme.tenant) }?.isUnavailable == true)
        #expect(storage.health().disk?.contains("locked") == true)
        #expect(try storage.user(acme.id, .of("secret-user"))?.name == "before", "reading goes on")
        #expect(try storage.user(acme.id, .of("new")) == nil)
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == 1)

        other.release()
        #expect(try storage.issue(commands).allSatisfy(\.isIssued))
        #expect(storage.health().isFine)
        try storage.close()
    }

    @Test("A file that is full: the batch leaves nothing, what was acknowledged stays")
    func fullFile() throws {
        let file = try File()
        let (storage, acme) = try file.scene(Tuning(mostPages: 60))
        let acknowledged = try fill(storage, acme)
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == Int64(acknowledged))
        #expect(try storage.user(acme.id, .of("user-\(acknowledged - 1)")) != nil)
        #expect(try storage.user(acme.id, .of("user-\(acknowledged)")) == nil)
        #expect(try storage.integrityCheck() == [])
        try storage.close()

        let roomy = try file.open()
        #expect(try file.number("SELECT count(*) FROM user") == Int64(acknowledged))
        _ = try fill(roomy, acme, batches: 2)
        try roomy.close()
    }

    @Test(
        "A full disk: unavailable and not ready, and well again as soon as there is room",
        .enabled(if: SmallDisk.isPossible))
    func fullDisk() throws {
        let disk = try SmallDisk()
        let storage = try SQLiteStorage.open(
            path: disk.path + "/db", mode: .serve, world: .standing, tuning: Tuning(leastFree: 0))
        let acme = try Application.stored("acme", in: storage)
        let acknowledged = try fill(storage, acme)
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == Int64(acknowledged))
        #expect(try storage.user(acme.id, .of("user-\(acknowledged)")) == nil)
        #expect(failure { () throws(StoreFailure) in try storage.backup(to: disk.path + "/copy") } != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path).allSatisfy { !$0.contains("copy") })

        try disk.enlarge()
        _ = try fill(storage, acme, batches: 2)
        #expect(storage.health().isFine)
        #expect(try storage.integrityCheck() == [])
        try storage.close()
    }

    @Test("A file that became read-only: unavailable, and well again", .enabled(if: Immutable.isPossible))
    func readOnly() throws {
        let file = try File()
        let (storage, acme) = try file.scene()
        _ = try storage.issue([acme.command("u", name: .set("before"))])
        let names = ["", "-wal"].map { file.path + $0 }
        names.forEach(Immutable.set)
        let commands = try [acme.command("u", name: .set("after"))]
        #expect(failure { () throws(StoreFailure) in try storage.issue(commands) }?.isUnavailable == true)
        #expect(storage.health().disk != nil)
        #expect(try storage.user(acme.id, .of("u"))?.name == "before")
        names.forEach(Immutable.unset)
        #expect(try storage.issue(commands).allSatisfy(\.isIssued))
        try storage.close()

        Immutable.set(file.path)
        #expect(failure { () throws(StoreFailure) in try file.open() }?.isUnavailable == true)
        Immutable.unset(file.path)
        try file.open().close()
    }

    @Test("A damaged page in the middle is found, and reading it is a failure, not a crash")
    func damagedPage() throws {
        let file = try File()
        let (storage, acme) = try file.scene()
        let stored = try fill(storage, acme, batches: 60)
        #expect(try storage.integrityCheck() == [])
        try storage.close()
        let pages = file.size() / 4_096
        for page in (pages / 3)..<(pages * 2 / 3) {
            try file.overwrite(at: page * 4_096, with: [UInt8](repeating: 0xA5, count: 4_096))
        }

        let damaged = try file.open()
        let lines = try damaged.integrityCheck()
        #expect(lines.contains { $0.localizedCaseInsensitiveContains("page") }, "\(lines)")
        let failures = try (0..<stored).compactMap { number in
            let id = try User.ID.of("user-\(number)")
            return failure { () throws(StoreFailure) in try damaged.user(acme.id, id) }
        }
        #expect(!failures.isEmpty)
        #expect(failures.allSatisfy { $0.isUnavailable && !$0.text.contains("user-") })
        try? damaged.close()
    }

    @Test("A write that touches no row is noticed, and undone with its whole batch")
    func untouchedRow() throws {
        let file = try File()
        let (storage, acme) = try file.scene()
        _ = try storage.issue([acme.command("u", name: .set("before"))])
        try file.tamper(
            "CREATE TRIGGER sabotage BEFORE UPDATE ON user BEGIN SELECT RAISE(IGNORE); END")
        let commands = try [acme.command("new"), acme.command("u", name: .set("after"))]
        #expect(failure { () throws(StoreFailure) in try storage.issue(commands) }?.isCorrupt == true)
        #expect(try storage.user(acme.id, .of("new")) == nil)
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == 1)
        try file.tamper("DROP TRIGGER sabotage")
        #expect(try storage.issue(commands).allSatisfy(\.isIssued))
        try storage.close()
    }

    /// Issues to new users in batches of 20 until the database refuses, or so many batches; how many were issued.
    private func fill(_ storage: SQLiteStorage, _ acme: Application, batches: Int = 10_000) throws -> Int {
        let custom = #"{"text":"\#(String(repeating: "x", count: 400))"}"#
        for batch in 0..<batches {
            let commands = try (0..<20).map { try acme.command("user-\(batch * 20 + $0)", custom: .set(custom)) }
            if let refused = failure({ () throws(StoreFailure) in try storage.issue(commands) }) {
                #expect(refused.isUnavailable)
                #expect(refused.text.contains("full"))
                return batch * 20
            }
        }
        return batches * 20
    }
}

/// A file system of 1 MiB; only root can have one.
final class SmallDisk {
    static let isPossible: Bool = (try? SmallDisk()) != nil

    private let folder: Folder
    var path: String { folder.path }

    init() throws {
        folder = try Folder()
        guard getuid() == 0, run("/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path) else {
            folder.remove()
            throw CancellationError()
        }
    }

    func enlarge() throws {
        try #require(run("/bin/mount", "-o", "remount,size=64m", path))
    }

    deinit {
        run("/bin/umount", "-l", path)
        folder.remove()
    }
}

/// Files that not even root can write to.
enum Immutable {
    static let isPossible: Bool = {
        guard getuid() == 0, let folder = try? Folder() else { return false }
        defer { folder.remove() }
        let name = folder.path + "/probe"
        guard FileManager.default.createFile(atPath: name, contents: nil), run("/usr/bin/chattr", "+i", name) else {
            return false
        }
        return run("/usr/bin/chattr", "-i", name)
    }()

    static func set(_ name: String) { run("/usr/bin/chattr", "+i", name) }
    static func unset(_ name: String) { run("/usr/bin/chattr", "-i", name) }
}
