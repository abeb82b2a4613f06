import Foundation
import Testing

@Suite("A target imports only floors below it")
struct FloorTests {
    /// What each target may import, besides what all may.
    private static let allowed: [String: Set<String>] = [
        "Tokens": ["COpenSSL", "CJansson"],
        "Domain": ["Tokens", "Dispatch", "Foundation"],
        "SQLiteStorage": ["Tokens", "Domain", "CSQLite", "GRDB", "GRDBSQLite", "Dispatch", "Foundation"],
        "PostgresStorage": ["Tokens", "Domain", "CLibPQ", "Dispatch"],
        "RedisLimits": ["Domain", "CHiredis", "Dispatch"],
        "WebAPI": [
            "Tokens", "Domain", "HTTPTypes", "Hummingbird", "HummingbirdCore", "HummingbirdHTTP2", "Logging",
            "CoreMetrics", "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOPosix", "NIOSSL", "NIOTLS",
            "ServiceLifecycle", "Dispatch", "Foundation",
        ],
        "ChatTokens": [
            "Tokens", "Domain", "SQLiteStorage", "PostgresStorage", "RedisLimits", "WebAPI", "CLinker",
            "ArgumentParser", "Configuration", "Logging", "ServiceLifecycle", "UnixSignals", "Dispatch", "Foundation",
        ],
        "TokenVerifier": ["Tokens", "AsyncHTTPClient", "Logging", "NIOCore", "NIOHTTP1"],
        "COpenSSL": [], "CJansson": [], "CLibPQ": [], "CHiredis": [], "CSQLite": [],
        "CLinker": [],
    ]

    /// Modules of the standard library and of the system's C library.
    private static let everywhere: Set<String> = ["Synchronization", "Glibc", "Darwin"]

    /// Files below the top floor for which Foundation is worth its weight: bytes for GRDB, stderr, page size, Unicode
    /// normalisation.
    private static let foundation: Set<String> = [
        "Sources/Domain/Accounts/Password.swift", "Sources/SQLiteStorage/Rows/Account+row.swift",
        "Sources/SQLiteStorage/Rows/APIKey+row.swift", "Sources/SQLiteStorage/Rows/AuditEntry+row.swift",
        "Sources/SQLiteStorage/Rows/Row+fields.swift", "Sources/SQLiteStorage/SQLiteStorage+checkpoint.swift",
        "Sources/SQLiteStorage/SQLiteStorage+copy.swift", "Sources/SQLiteStorage/SQLiteStorage+deployment.swift",
        "Sources/SQLiteStorage/SQLiteStorage+health.swift", "Sources/SQLiteStorage/SQLiteStorage+signingKey.swift",
        "Sources/WebAPI/Observing/ProcessMemory.swift",
        "Sources/WebAPI/Observing/RequestLog.swift",
    ]

    @Test("every import is of a floor below, or of a package that the target is there for")
    func imports() {
        #expect(Repository.sources.count > 100)
        for file in Repository.sources {
            let allowed = (Self.allowed[file.target] ?? []).union(Self.everywhere)
            for module in file.imports where !allowed.contains(module) {
                Issue.record("\(file.path) imports \(module)")
            }
        }
    }

    @Test("the targets are the folders below Sources, none more and none less")
    func targets() {
        let folders = try? FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: "Sources").path)
        #expect(Set(folders ?? []) == Set(Self.allowed.keys))
    }

    @Test(
        "a library is imported by one target only",
        arguments: [
            ("COpenSSL", "Tokens"), ("CJansson", "Tokens"), ("GRDB", "SQLiteStorage"), ("GRDBSQLite", "SQLiteStorage"),
            ("CLibPQ", "PostgresStorage"), ("CHiredis", "RedisLimits"), ("CSQLite", "SQLiteStorage"),
            ("AsyncHTTPClient", "TokenVerifier"), ("Hummingbird", "WebAPI"), ("ArgumentParser", "ChatTokens"),
            ("Configuration", "ChatTokens"), ("CLinker", "ChatTokens"),
        ])
    func oneImporter(module: String, target: String) {
        let importers = Set(Repository.sources.filter { $0.imports.contains(module) }.map(\.target))
        #expect(importers == [target])
    }

    @Test("below the top floor Foundation is imported where listed and nowhere else")
    func foundation() {
        let importers = Repository.sources.filter { $0.target != "ChatTokens" && $0.imports.contains("Foundation") }
        #expect(Set(importers.map(\.path)).subtracting(Self.foundation) == [])
    }

    @Test("Domain touches the C library only for its clocks")
    func domainAndTheSystem() {
        let importers = Repository.sources.filter { $0.target == "Domain" && $0.imports.contains("Glibc") }
        #expect(importers.map(\.path) == ["Sources/Domain/Values/World+system.swift"])
    }
}
