import Foundation
import Testing

/// A PostgreSQL server of a test's own, which may be frozen and killed; it flushes commits only for those who ask, and
/// ends with the last reference.
final class OwnServer: Sendable {
    let url: String
    private let folder: String
    private let programs: String

    /// The programs of the server that the tests were given; nil where it is not ours.
    private static var programs: String? {
        guard let data = Server.shared?.folder,
            let options = try? String(contentsOfFile: data + "/postmaster.opts", encoding: .utf8)
        else { return nil }
        return options.split(separator: " ").first.map { ($0 as NSString).deletingLastPathComponent }
    }

    static var isPossible: Bool { programs != nil }

    init() throws {
        programs = try #require(Self.programs)
        // Beside the server of the tests, so that `Tests/Services/run` ends this one too, should the tests be killed.
        let data = try #require(Server.shared?.folder) as NSString
        folder = (data.deletingLastPathComponent as NSString).deletingLastPathComponent + "/own-" + Server.name()
        let port = Int.random(in: 20_000...32_000)
        url = "postgres://postgres@127.0.0.1:\(port)/postgres?sslmode=disable"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if geteuid() == 0 { try shell("chown postgres \(folder)") }
        try asOwner("\(programs)/initdb -D \(folder)/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync")
        let settings = """
            listen_addresses = '127.0.0.1'
            port = \(port)
            unix_socket_directories = ''
            fsync = off
            synchronous_commit = off
            wal_writer_delay = 10s

            """
        try asOwner("cat >> \(folder)/data/postgresql.conf <<'END'\n\(settings)END")
        try start()
    }

    deinit {
        signal("CONT")
        try? asOwner("\(programs)/pg_ctl -D \(folder)/data -m immediate stop")
        try? FileManager.default.removeItem(atPath: folder)
    }

    func start() throws {
        // `Process` takes its child to be running for as long as anybody holds what the child was given to hold.
        let closing = "for f in /proc/self/fd/*; do f=${f##*/}; [ $f -gt 2 ] && eval \"exec $f>&-\"; done"
        try asOwner("(\(closing); \(programs)/pg_ctl -D \(folder)/data -w -l \(folder)/log start); exit $?")
    }

    /// Ends it as a crash would: what was only in the server's memory is lost.
    func crash() throws {
        try asOwner("\(programs)/pg_ctl -D \(folder)/data -m immediate stop")
    }

    /// Sends the signal to all of its processes.
    func signal(_ name: String) {
        // A process may have ended since it was listed.
        try? shell(
            "p=$(head -1 \(folder)/data/postmaster.pid); kill -\(name) $p; kill -\(name) $(ps -o pid= --ppid $p) || :")
    }

    private func asOwner(_ command: String) throws {
        let prefix = geteuid() == 0 ? "runuser -u postgres -- " : ""
        try shell("cd \(folder); \(prefix)bash -c \"$0\"", command)
    }

    private func shell(_ command: String, _ argument: String = "sh") throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command, argument]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command) \(argument)")
    }
}
