// swift-tools-version: 6.3
import PackageDescription

/// One set of compiler settings for every Swift target of the project, so that none is laxer than its neighbour.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "chat-tokens",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "chat-tokens", targets: ["ChatTokens"]),
        .library(name: "TokenVerifier", targets: ["TokenVerifier"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Floor 0: module maps of system libraries.
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"]), .brew(["jansson"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite3"])]),
        .systemLibrary(name: "CLinker"),

        // Floor 1: JOSE on libcrypto, base64url, JSON.
        .target(name: "Tokens", dependencies: ["COpenSSL", "CJansson"], swiftSettings: strict),

        // Floor 2: values, rules, ports, use cases.
        .target(name: "Domain", dependencies: ["Tokens"], swiftSettings: strict),

        // Floor 3: adapters.
        .target(
            name: "SQLiteStorage",
            dependencies: [
                "CSQLite", "Domain", "Tokens",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(name: "PostgresStorage", dependencies: ["CLibPQ", "Domain", "Tokens"], swiftSettings: strict),
        .target(name: "RedisLimits", dependencies: ["CHiredis", "Domain"], swiftSettings: strict),

        // Floor 4: HTTP.
        .target(
            name: "WebAPI",
            dependencies: [
                "Domain", "Tokens",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),

        // Floor 5: commands, settings, assembly.
        .executableTarget(
            name: "ChatTokens",
            dependencies: [
                "CLinker", "Domain", "PostgresStorage", "RedisLimits", "SQLiteStorage", "Tokens", "WebAPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),

        // For gateways written in Swift: tokens checked offline. Only what is public here is meant for other packages.
        .target(
            name: "TokenVerifier",
            dependencies: [
                "Tokens",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "SampleGateway",
            dependencies: [
                "TokenVerifier",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            path: "Examples/verifiers/swift", exclude: ["README.md"], swiftSettings: strict),

        // Operations of the hot paths, one at a time, for Benchmarks/Micro/run to count instructions of.
        .executableTarget(
            name: "Micro", dependencies: ["Domain", "Tokens"], path: "Benchmarks/Micro/Sources",
            swiftSettings: strict),

        // Tests, floor by floor, and what several of them need.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "TokensTests", dependencies: ["Tokens"], swiftSettings: strict),
        .testTarget(
            name: "DomainTests", dependencies: ["Domain", "SQLiteStorage", "TestSupport", "Tokens"],
            swiftSettings: strict),
        .testTarget(
            name: "LimitsTests", dependencies: ["Domain", "RedisLimits", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "StorageTests",
            dependencies: [
                "CLibPQ", "Domain", "PostgresStorage", "SQLiteStorage", "TestSupport", "Tokens",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CommandTests", dependencies: ["Domain", "PostgresStorage", "SQLiteStorage", "Tokens"],
            swiftSettings: strict),
        .testTarget(
            name: "WebAPITests",
            dependencies: [
                "Domain", "SQLiteStorage", "TestSupport", "Tokens", "WebAPI",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "VerifierTests",
            dependencies: [
                "TestSupport", "Tokens", "TokenVerifier",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
    ]
)
