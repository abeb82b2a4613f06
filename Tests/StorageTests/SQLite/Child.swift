import Foundation
import Testing

/// A Python process that holds something of the database until it is let go or killed.
final class Child {
    private let process = Process()
    private let input = Pipe(), output = Pipe()

    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

    /// Starts the script with its arguments and waits until it has printed a line.
    init(_ script: String, _ arguments: String...) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the child did not get ready")
            line += more
        }
    }

    /// A transaction that shuts out every other writer, and everybody where the journal is no log.
    static func writing(_ database: String) throws -> Child {
        try Child(
            """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute("BEGIN EXCLUSIVE")
            print("ready", flush=True)
            sys.stdin.readline()
            db.execute("ROLLBACK")
            """, database)
    }

    /// The lock that a server holds.
    static func serving(_ database: String) throws -> Child {
        try Child(
            """
            import fcntl, os, sys
            lock = open(sys.argv[1] + ".lock", "w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            print(os.getpid(), file=lock, flush=True)
            print("ready", flush=True)
            sys.stdin.readline()
            """, database)
    }

    var processID: Int32 { process.processIdentifier }

    /// Lets it come to its end.
    func release() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Ends it the hard way, which leaves it no chance to tidy up.
    func killHard() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit {
        if process.isRunning { killHard() }
    }
}

/// Runs a system command; true where it succeeded.
@discardableResult
func run(_ command: String, _ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}
