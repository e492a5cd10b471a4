// swift-tools-version: 6.2
import PackageDescription

/// Fuzz targets, built with `--sanitize=fuzzer`; `make fuzz` runs them.
let package = Package(
    name: "sluis-fuzz",
    dependencies: [.package(name: "sluis", path: "..")],
    targets: [
        .executableTarget(
            name: "PolicyFuzz",
            dependencies: [
                .product(name: "Model", package: "sluis"), .product(name: "Policies", package: "sluis"),
                .product(name: "PolicyEngine", package: "sluis"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
                .unsafeFlags(["-parse-as-library"]),
            ])
    ]
)
