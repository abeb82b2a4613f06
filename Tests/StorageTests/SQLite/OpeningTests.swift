import Domain
import Foundation
import SQLiteStorage
import Testing

@Suite("Opening an SQLite database")
struct OpeningTests {
    @Test("A new database and what lies beside it are for the owner's eyes only")
    func mode() throws {
        let file = try File()
        let (storage, _) = try file.scene()
        for suffix in ["", "-wal", "-shm", ".lock"] { #expect(file.mode(suffix) == 0o600, "\(suffix)") }
        try storage.close()
    }

    @Test("Every connection that writes is durable: WAL, synchronous=FULL, foreign keys")
    func safeguards() throws {
        let file = try File()
        for mode in [SQLiteStorage.Mode.serve, .tool] {
            let storage = try file.open(mode)
            #expect(try storage.safeguards() == Safeguards(journal: "wal", synchronous: 2, foreignKeys: true))
            try storage.close()
        }
    }

    @Test("What was stored is there after closing and opening again")
    func reopens() throws {
        let file = try File()
        let (storage, acme) = try file.scene()
        _ = try storage.issue([acme.command("u", name: .set("kept"))])
        try storage.close()
        #expect(file.size("-wal") == 0, "a clean close leaves no log")
        try storage.close()
        let command = try acme.command("u", name: .set("lost"))
        #expect(failure { () throws(StoreFailure) in try storage.tenants() }?.isUnavailable == true)
        #expect(failure { () throws(StoreFailure) in try storage.issue([command]) }?.isUnavailable == true)
        #expect(storage.health().database != nil)
        let again = try file.open()
        #expect(try again.user(acme.id, .of("u"))?.name == "kept")
        #expect(try again.tenant(acme.id)?.keys == [acme.sealed])
        try again.close()
    }

    @Test("What was acknowledged is there although the server never closed the file")
    func survivesNoClose() throws {
        let file = try File()
        let (storage, acme) = try file.scene()
        _ = try storage.issue([acme.command("u", name: .set("kept"))])
        // The files as a crash would leave them.
        let copy = try File()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: file.path + suffix, toPath: copy.path + suffix)
        }
        let again = try copy.open()
        #expect(try again.user(acme.id, .of("u"))?.name == "kept")
        #expect(try again.integrityCheck() == [])
        try again.close()
        try storage.close()
    }

    @Test("A second server on the file is refused and told by whom, also under another name of the file")
    func secondServer() throws {
        let file = try File()
        let storage = try file.open()
        let refused = failure { () throws(StoreFailure) in try file.open() }
        #expect(refused?.isUnavailable == true)
        #expect(refused?.text.contains("another server (process \(getpid())) already serves") == true)

        let link = file.folder.path + "/other-name.db"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file.path)
        let linked = failure { () throws(StoreFailure) in
            try SQLiteStorage.open(path: link, mode: .serve, world: .standing)
        }
        #expect(linked?.isUnavailable == true)

        try storage.close()
        try file.open().close()
    }

    @Test("A server killed with -9 holds its file no longer", .enabled(if: Child.isPossible))
    func killedServer() throws {
        let file = try File()
        let other = try Child.serving(file.path)
        let refused = failure { () throws(StoreFailure) in try file.open() }
        #expect(refused?.text.contains("process \(other.processID)") == true)
        other.killHard()
        try file.open().close()
    }

    @Test("Commands work while a server runs, and the server sees what they did")
    func toolBesideServer() throws {
        let file = try File()
        let (server, acme) = try file.scene()
        let tool = try file.open(.tool)
        let newest = try server.newestChange()
        try tool.create(.sample("abcdefghijkl", owner: .tenant(acme.id)))
        #expect(try server.changes(after: newest, limit: 10).count == 1)
        _ = try server.issue([acme.command("u", name: .set("n"))])
        #expect(try tool.user(acme.id, .of("u"))?.name == "n")
        try tool.close()
        _ = try server.issue([acme.command("v")])
        try server.close()
    }

    @Test("A file that is no database is refused with its name and the cause, and left alone")
    func corruptHeader() throws {
        let file = try File()
        try file.scene().storage.close()
        try file.overwrite(at: 0, with: Array("no longer SQLite".utf8))
        let before = try Data(contentsOf: URL(fileURLWithPath: file.path))
        let refused = failure { () throws(StoreFailure) in try file.open() }
        #expect(refused?.isUnavailable == true)
        #expect(refused?.text.contains(file.path) == true)
        #expect(refused?.text.contains("not a database") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)) == before)
    }

    @Test("A file in a directory that is missing is refused with its name")
    func missingDirectory() throws {
        let refused = failure { () throws(StoreFailure) in
            try SQLiteStorage.open(path: "/nonexistent/here/db", mode: .tool, world: .standing)
        }
        #expect(refused?.isUnavailable == true)
        #expect(refused?.text.contains("/nonexistent/here/db") == true)
    }
}
