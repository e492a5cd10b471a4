// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .unsafeFlags(["-parse-as-library"]),
]

let dataPlane: [Target.Dependency] = [
    .product(name: "Model", package: "sluis"), .product(name: "DataPlane", package: "sluis"),
]

/// Fuzz targets, built with `--sanitize=fuzzer`; `make fuzz` runs them.
let package = Package(
    name: "sluis-fuzz",
    dependencies: [.package(name: "sluis", path: "..")],
    targets: [
        .executableTarget(name: "ConditionFuzz", dependencies: dataPlane, swiftSettings: settings),
        .executableTarget(name: "CsvFuzz", dependencies: dataPlane, swiftSettings: settings),
        .executableTarget(
            name: "PolicyFuzz",
            dependencies: [
                .product(name: "Model", package: "sluis"), .product(name: "Policies", package: "sluis"),
                .product(name: "PolicyEngine", package: "sluis"),
            ],
            swiftSettings: settings),
        .executableTarget(name: "NdjsonFuzz", dependencies: dataPlane, swiftSettings: settings),
        .executableTarget(name: "SegmentFuzz", dependencies: dataPlane, swiftSettings: settings),
        .executableTarget(name: "UnpackFuzz", dependencies: dataPlane, swiftSettings: settings),
    ]
)
