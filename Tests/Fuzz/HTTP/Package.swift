// swift-tools-version: 6.2
import PackageDescription

/// A libFuzzer target that links SwiftNIO's HTTP decoder; built by the Makefile next door.
///
/// Its one module has the name of the module that the linked files belong to, since the tests' reference imports that.
let package = Package(
    name: "chat-tokens",
    platforms: [.macOS(.v26)],
    products: [.executable(name: "http-fuzz", targets: ["WebAPI"])],
    dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.101.2")],
    targets: [
        .target(name: "Tokens", swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "WebAPI",
            dependencies: [
                "Tokens",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
