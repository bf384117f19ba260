// swift-tools-version: 6.2
import PackageDescription

// The targets are in the order in which data flows through them. A target imports only targets above it.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// oneDNN's usual ARM builds have no fast code.
#if arch(arm64)
  let defaultTraits: Set<String> = []
#else
  let defaultTraits: Set<String> = ["OneDNN"]
#endif

let package = Package(
  name: "glyphline",
  products: [
    .executable(name: "glyphline", targets: ["glyphline"]),
    // Installed as libglyphline.so.0.
    .library(name: "glyphline-library", type: .dynamic, targets: ["Interface"]),
    // For tests, which preload it into programs.
    .library(name: "nolocks", type: .dynamic, targets: ["nolocks"]),
  ],
  traits: [
    .default(enabledTraits: defaultTraits),
    .trait(
      name: "OneDNN",
      description: "Convolutions and matrix products by oneDNN; without it they come from a BLAS, or plain Swift."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // MARK: Floor 0: system libraries and the machine
    .systemLibrary(name: "CZstd", path: "Sources/CZstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "COneDNN", path: "Sources/COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(
      name: "CFreeType", path: "Sources/CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"])]),
    .systemLibrary(name: "CPNG", path: "Sources/CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CGIF", path: "Sources/CGIF", providers: [.apt(["libgif-dev"])]),
    .systemLibrary(name: "CWebP", path: "Sources/CWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CNettle", path: "Sources/CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", providers: [.apt(["zlib1g-dev"])]),

    // libjpeg, behind functions that return after errors, as Swift needs them.
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    // Checks, before any Swift code runs, that the CPU has the instruction sets the program was compiled for. Nothing
    // imports it; a program only depends on it.
    .target(name: "CInstructionSet"),
    // Multiplies and adds in one instruction, on CPUs that can.
    .target(name: "CVectors"),

    // MARK: Floor 1: values, files, threads
    // Alphabets, labels, images, samples and the counter-based random streams that make them.
    .target(name: "Samples", swiftSettings: strict),
    // Durable files and locks through a protocol with which tests make operations fail; content hashes and checksums;
    // CSV and tar files.
    .target(name: "Files", dependencies: ["CNettle", "CZlib"], swiftSettings: strict),
    // Threads: a cancellation flag, a team for loops, and an ordered stream of results computed ahead.
    .target(name: "Workers", swiftSettings: strict),
    // Processes that share a computation.
    .target(name: "Ranks", dependencies: ["Files", "Workers"], swiftSettings: strict),
    // Ranks that an MPI library connects, loaded only in a process that was started as one of several.
    .target(name: "MPI", dependencies: ["Files", "Ranks"], swiftSettings: strict),

    // MARK: Floor 2: inputs
    // The spec file, from YAML to typed values.
    .target(
      name: "Specs", dependencies: ["Samples", "Files", .product(name: "Yams", package: "Yams")], swiftSettings: strict),
    // PNG, JPEG, GIF, BMP and WebP in, PNG out, resizing.
    .target(
      name: "Images", dependencies: ["Samples", "Files", "CPNG", "CJPEG", "CGIF", "CWebP"], swiftSettings: strict),
    // The SQL schema, embedded from the file that people read.
    .target(
      name: "Schemas", path: "Schemas", exclude: ["shard-v1.md", "pipeline.schema.json"], sources: ["Schemas.swift"],
      resources: [.embedInCode("catalog.sql"), .embedInCode("upgrades.sql")], swiftSettings: strict),

    // MARK: Floor 3: samples, their storage, and arithmetic
    // Draws a sample as a pure function of (captcha spec, seed).
    .target(name: "Generator", dependencies: ["Samples", "Files", "Specs", "CFreeType"], swiftSettings: strict),
    // The shard format: layout, writer, reader, verifier.
    .target(name: "Shards", dependencies: ["Samples", "Files", "CZstd"], swiftSettings: strict),
    // Layer arithmetic: a plain reference and fast kernels behind one protocol.
    .target(
      name: "Kernels",
      dependencies: ["Ranks", "CVectors", .target(name: "COneDNN", condition: .when(traits: ["OneDNN"]))],
      swiftSettings: strict),

    // MARK: Floor 4: records and models
    // The SQLite file: index, stages, runs, results.
    .target(
      name: "Catalog",
      dependencies: [
        "Samples", "Files", "Schemas", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    // Layers, models, parameters, optimizers, model files and checkpoints.
    .target(
      name: "Network", dependencies: ["Samples", "Files", "Workers", "Ranks", "Specs", "Kernels"], swiftSettings: strict
    ),

    // MARK: Floor 5: batches
    // Shuffled batches from shards, decoded ahead; one number gives the position to resume from.
    .target(name: "Loader", dependencies: ["Samples", "Files", "Workers", "Shards"], swiftSettings: strict),

    // A model as an ONNX file, for other programs.
    .target(name: "ONNX", dependencies: ["Samples", "Network"], swiftSettings: strict),

    // MARK: Floor 6: training and evaluation
    // The training loop: steps, schedule, checkpoints, events.
    .target(
      name: "Trainer",
      dependencies: ["Samples", "Files", "Workers", "Ranks", "Specs", "Kernels", "Network", "Loader"],
      swiftSettings: strict),
    // Predictions, confusion counts, intervals.
    .target(name: "Evaluation", dependencies: ["Samples", "Network", "Loader"], swiftSettings: strict),

    // MARK: Floor 7: the report
    // An HTML page of an evaluation and the training before it.
    .target(
      name: "Report", dependencies: ["Samples", "Images", "Catalog"],
      resources: [.embedInCode("report.css")], swiftSettings: strict),

    // MARK: Floor 8: the pipeline
    // Stages, staleness, resume, workspace.
    .target(
      name: "Pipeline",
      dependencies: [
        "Samples", "Files", "Workers", "Ranks", "Specs", "Images", "Generator", "Shards", "Kernels", "Catalog",
        "Network", "Loader", "ONNX", "Trainer", "Evaluation", "Report",
      ],
      swiftSettings: strict),

    // MARK: Floor 9: the program
    // The command line: arguments in, text, progress and exit codes out.
    .target(
      name: "Commands",
      dependencies: [
        "Samples", "Files", "Workers", "Ranks", "MPI", "Specs", "Images", "Network", "Pipeline",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(name: "glyphline", dependencies: ["Commands", "CInstructionSet"], swiftSettings: strict),
    // The C interface's header.
    .target(name: "CGlyphline"),
    // The C interface: models, samples and evaluations for other programs.
    .target(
      name: "Interface",
      dependencies: [
        "CGlyphline", "Samples", "Files", "Workers", "Images", "Network", "Loader", "Pipeline", "Commands",
        "CInstructionSet",
      ],
      swiftSettings: strict),

    // MARK: Tests
    // A disk that fails or loses power at the n-th operation, for files and for SQLite.
    .target(
      name: "Faults", dependencies: ["Files", .product(name: "GRDBSQLite", package: "GRDB.swift")],
      path: "Tests/Faults",
      swiftSettings: strict),
    // Runs pipelines with each disk operation failing in turn, and kills them at random times.
    .executableTarget(
      name: "crashtest",
      dependencies: [
        "Samples", "Files", "Workers", "Specs", "Network", "Pipeline", "Faults", "CInstructionSet",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Tests/CrashTest", exclude: ["build.yaml", "kill.yaml", "sweep.yaml"], swiftSettings: strict),
    // Prints which code computes each layer, on the CPU that oneDNN is told to assume.
    .executableTarget(
      name: "kernelcheck", dependencies: ["Samples", "Workers", "Specs", "Kernels", "Network"],
      path: "Tests/KernelCheck", swiftSettings: strict),
    // Parsers of untrusted bytes, which `make fuzz` searches and the tests replay.
    .target(
      name: "FuzzTargets", dependencies: ["Samples", "Files", "Specs", "Images", "Shards", "Network"],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    // Ranks that are threads of one process.
    .target(name: "RankThreads", dependencies: ["Ranks"], path: "Tests/RankThreads", swiftSettings: strict),
    // Checks, as one of several ranks that an mpirun starts, what the others send.
    .executableTarget(
      name: "rankcheck", dependencies: ["Files", "MPI"], path: "Tests/RankCheck", swiftSettings: strict),
    // Makes locks and shared memory fail as on network file systems, in programs that preload it.
    .target(name: "nolocks", path: "Tests/NoLocks", publicHeadersPath: "."),
    // The house rules that a machine can check.
    .testTarget(name: "TidyTests", swiftSettings: strict),
    .testTarget(name: "SamplesTests", dependencies: ["Samples"], swiftSettings: strict),
    .testTarget(name: "FilesTests", dependencies: ["Files", "Faults"], swiftSettings: strict),
    .testTarget(name: "MPITests", dependencies: ["MPI", "rankcheck"], swiftSettings: strict),
    .testTarget(name: "WorkersTests", dependencies: ["Workers"], swiftSettings: strict),
    .testTarget(
      name: "RanksTests", dependencies: ["Ranks", "RankThreads", "Files", "Workers"], swiftSettings: strict),
    .testTarget(
      name: "SpecsTests", dependencies: ["Specs", "Samples", "Files", "Network"], resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "Samples", "Files"], resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "GeneratorTests", dependencies: ["Generator", "Files", "Images", "Specs", "Samples", "Network"],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "ShardsTests", dependencies: ["Shards", "Samples", "Files", "Faults"], resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "Ranks", "Samples", "Workers"], swiftSettings: strict),
    .testTarget(
      name: "CatalogTests", dependencies: ["Catalog", "Samples", "Evaluation", "Faults", "Files"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "NetworkTests", dependencies: ["Network", "Kernels", "Samples", "Workers", "Files", "Specs"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(name: "ONNXTests", dependencies: ["ONNX"], swiftSettings: strict),
    .testTarget(
      name: "LoaderTests", dependencies: ["Loader", "Shards", "Samples", "Files"], swiftSettings: strict),
    .testTarget(
      name: "TrainerTests",
      dependencies: ["Trainer", "Network", "Kernels", "Ranks", "RankThreads", "Samples", "Specs", "Workers"],
      swiftSettings: strict),
    .testTarget(name: "EvaluationTests", dependencies: ["Evaluation", "Samples"], swiftSettings: strict),
    .testTarget(name: "ReportTests", dependencies: ["Report", "Catalog", "Samples"], swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "Samples", "Files"], resources: [.copy("Corpus")],
      swiftSettings: strict),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Pipeline", "Generator", "Files", "Samples", "Shards", "Specs", "Images", "Workers", "Network", "Ranks",
        "RankThreads", "Faults", "crashtest", "kernelcheck",
      ],
      resources: [.copy("Fixtures")], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer links only with libFuzzer, so it is a target only when `make fuzz` asks for it.
if Context.environment["GLYPHLINE_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz", dependencies: ["CFuzzer", "FuzzTargets"], path: "Tests/Fuzz/Driver", swiftSettings: strict),
  ]
}

// Links Swift's libraries into the program, which then starts in half the time and runs where Swift is not installed.
// Not every toolchain has static libraries, so the Makefile asks for it. Tests cannot: no toolchain has the static
// testing library.
if Context.environment["GLYPHLINE_STATIC_STDLIB", default: ""] != "" {
  let swiftLibraries = [
    "-static-stdlib", "-use-ld=lld", "-lCoreFoundation", "-l_FoundationCShims", "-l_FoundationCollections",
    "-l_FoundationICU", "-lstdc++",
  ]
  let exports = Context.packageDirectory + "/Sources/CGlyphline/exports.map"
  for target in package.targets {
    switch target.name {
    case "glyphline": target.linkerSettings = [.unsafeFlags(swiftLibraries)]
    case "Interface":
      // In a package, ICU's data is in a library that all builds of this one share (Setup/package/icu.c).
      let icu = Context.environment["GLYPHLINE_SHARED_ICU"].map { [$0 + "/icu.o", "-L" + $0, "-lglyphline-icu"] }
      // Only the C interface is visible to programs that load the library, which may have Swift libraries of their own.
      target.linkerSettings = [
        .unsafeFlags(
          swiftLibraries + (icu ?? []) + [
            "-Xlinker", "--version-script=" + exports, "-Xlinker", "-soname=libglyphline.so.0",
          ])
      ]
    default: break
    }
  }
}
