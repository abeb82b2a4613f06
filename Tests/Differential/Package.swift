// swift-tools-version: 6.2
import PackageDescription

/// jwt-kit behind the line protocol of `chat-tokens jws verify`: a second opinion for the tests, no part of the product.
let package = Package(
    name: "differential",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1")
    ],
    targets: [
        .executableTarget(
            name: "jwt-kit-verify",
            dependencies: [.product(name: "JWTKit", package: "jwt-kit")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .strictMemorySafety(),
                .treatAllWarnings(as: .error),
            ])
    ]
)
