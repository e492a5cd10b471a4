// swift-tools-version: 6.2
import PackageDescription

/// Benchmarks stand in a package of their own, so that users never build them.
let package = Package(
    name: "sluis-benchmarks",
    dependencies: [.package(name: "sluis", path: "..")],
    targets: [
        .target(name: "AllocationCounter"),
        .executableTarget(
            name: "PolicyBenchmark",
            dependencies: [
                "AllocationCounter",
                .product(name: "Model", package: "sluis"), .product(name: "Policies", package: "sluis"),
                .product(name: "PolicyEngine", package: "sluis"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
        .target(name: "Pinning"),
        .executableTarget(
            name: "LogBenchmark",
            dependencies: [
                "Pinning", .product(name: "Cryptography", package: "sluis"),
                .product(name: "MerkleLog", package: "sluis"), .product(name: "AuditLog", package: "sluis"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "DataPlaneBenchmark",
            dependencies: [
                .product(name: "Model", package: "sluis"), .product(name: "CScan", package: "sluis"),
                .product(name: "DataPlane", package: "sluis"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
    ]
)
