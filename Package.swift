// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: warnings are errors, existentials are spelled out, an import is
/// internal unless it says otherwise, and a member is only seen through a module that is imported.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// As `house`, and every use of an unsafe construct must be marked `unsafe` where it stands.
/// Cryptography is the exception: it is the wrapper around a C library.
let fenced: [SwiftSetting] = house + [.strictMemorySafety()]

/// The floors of docs/architecture.md, lowest first. A module imports only modules on lower floors.
let package = Package(
    name: "sluis",
    products: [
        .executable(name: "sluis", targets: ["sluis"]),
        .executable(name: "sluis-verify", targets: ["sluis-verify"]),
        // For the packages of benchmarks and fuzzers.
        .library(name: "Model", targets: ["Model"]),
        .library(name: "Policies", targets: ["Policies"]),
        .library(name: "PolicyEngine", targets: ["PolicyEngine"]),
        .library(name: "Cryptography", targets: ["Cryptography"]),
        .library(name: "MerkleLog", targets: ["MerkleLog"]),
        .library(name: "AuditLog", targets: ["AuditLog"]),
        .library(name: "CScan", targets: ["CScan"]),
        .library(name: "DataPlane", targets: ["DataPlane"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(
            url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0",
            traits: ["UnstableHTTPAPIsSupport"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
    ],
    targets: [
        // Floor 0
        .target(name: "Model", swiftSettings: fenced),
        .systemLibrary(name: "CLinux"),
        .target(name: "CScan"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "Policies", path: "Policies",
            exclude: ["tests", "authzen", "guardrails/owner-layer.jsonld"],
            resources: [
                .embedInCode("dpv-purposes.json"), .embedInCode("guardrails/legal-bases.jsonld"),
                .embedInCode("offers/by-agreement.jsonld"),
            ],
            swiftSettings: fenced),
        .target(name: "OpenAPI", resources: [.embedInCode("openapi.json")], swiftSettings: fenced),
        // Floor 1
        .target(name: "Cryptography", dependencies: ["Model", "COpenSSL"], swiftSettings: house),
        // Floor 2
        .target(name: "MerkleLog", dependencies: ["Model", "Cryptography"], swiftSettings: fenced),
        .target(name: "PolicyEngine", dependencies: ["Model"], swiftSettings: fenced),
        // Floor 3
        .target(
            name: "AuditLog", dependencies: ["Model", "Cryptography", "MerkleLog", "CLinux"],
            swiftSettings: fenced),
        .target(
            name: "DataPlane", dependencies: ["Model", "Cryptography", "CScan", "CZlib", "CZstd"],
            swiftSettings: fenced),
        .target(name: "Tokens", dependencies: ["Model", "Cryptography"], swiftSettings: fenced),
        .target(
            name: "Registry",
            dependencies: ["Model", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: fenced),
        .target(
            name: "RemoteHub",
            dependencies: [
                "Model", "MerkleLog",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: fenced),
        // Floor 4
        .target(
            name: "Consent",
            dependencies: [
                "Model", "Cryptography", "MerkleLog", "PolicyEngine", "AuditLog", "DataPlane", "Registry",
            ],
            swiftSettings: fenced),
        // Floor 5
        .target(
            name: "Gateway",
            dependencies: [
                "Model", "OpenAPI", "Cryptography", "MerkleLog", "PolicyEngine", "AuditLog", "DataPlane",
                "Tokens",
                "Registry", "Consent",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: fenced),
        // Floor 7
        .executableTarget(
            name: "sluis",
            dependencies: [
                "Model", "Policies", "Cryptography", "MerkleLog", "PolicyEngine", "AuditLog", "DataPlane",
                "Tokens", "Registry", "RemoteHub", "Consent", "Gateway",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: fenced),
        .executableTarget(
            name: "sluis-verify",
            dependencies: [
                "Model", "Cryptography", "MerkleLog", "RemoteHub",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: fenced),
        // Tests
        // What tests share.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: house),
        .testTarget(name: "ModelTests", dependencies: ["TestSupport", "Model"], swiftSettings: fenced),
        .testTarget(
            name: "CryptographyTests", dependencies: ["TestSupport", "Model", "Cryptography"],
            swiftSettings: house),
        .testTarget(
            name: "TokensTests", dependencies: ["TestSupport", "Model", "Cryptography", "Tokens"],
            swiftSettings: house),
        .testTarget(
            name: "MerkleLogTests", dependencies: ["TestSupport", "Model", "Cryptography", "MerkleLog"],
            swiftSettings: house
        ),
        .testTarget(
            name: "SluisVerifyTests", dependencies: ["Model", "Cryptography", "MerkleLog", "sluis-verify"],
            swiftSettings: house),
        .testTarget(
            name: "PolicyEngineTests", dependencies: ["TestSupport", "Model", "Policies", "PolicyEngine"],
            swiftSettings: house),
        // A process that appends, for tests that end it or let its system calls fail.
        .executableTarget(
            name: "LogHammer", dependencies: ["Model", "Cryptography", "MerkleLog", "AuditLog"],
            path: "Tests/LogHammer",
            swiftSettings: house),
        .testTarget(
            name: "AuditLogTests",
            dependencies: ["TestSupport", "Model", "Cryptography", "MerkleLog", "AuditLog", "LogHammer"],
            swiftSettings: house),
        .testTarget(
            name: "DataPlaneTests", dependencies: ["TestSupport", "Model", "Cryptography", "DataPlane"],
            swiftSettings: house
        ),
        .testTarget(
            name: "RegistryTests",
            dependencies: [
                "TestSupport", "Model", "Registry", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Golden"], swiftSettings: house),
        .testTarget(
            name: "SearchTests",
            dependencies: [
                "TestSupport", "Model", "Cryptography", "MerkleLog", "AuditLog", "Registry",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Model", "OpenAPI", "Consent", "DataPlane", "Gateway", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            exclude: ["Golden"], swiftSettings: house),
        .testTarget(
            name: "ConsentTests",
            dependencies: [
                "TestSupport", "Model", "Policies", "Cryptography", "MerkleLog", "PolicyEngine", "AuditLog",
                "DataPlane",
                "Registry", "Consent",
            ],
            swiftSettings: house),
        .testTarget(
            name: "SluisTests",
            dependencies: [
                "TestSupport", "Model", "Cryptography", "MerkleLog", "AuditLog", "DataPlane", "RemoteHub",
                "Gateway", "sluis",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: house),
        .testTarget(name: "RepositoryTests", swiftSettings: house),
    ]
)
