internal import Domain
internal import Tokens

/// Says on stderr how far a copy is, about once a second and at the end of every large table.
struct CopyWatch {
    private let world: World
    private let start: Int64
    private var latest: Int64
    /// Which table it is at and in which phase, since when, and how many rows were done then.
    private var table = ""
    private var phase: CopyRecords.Progress.Phase?
    private var since: Int64 = 0

    init(world: World) {
        self.world = world
        start = world.monotonicNanoseconds()
        latest = start
    }

    /// Seconds since the start.
    var seconds: Double { Double(world.monotonicNanoseconds() - start) / 1e9 }

    mutating func note(_ progress: CopyRecords.Progress) {
        let now = world.monotonicNanoseconds()
        if progress.table != table || progress.phase != phase {
            (table, phase, since) = (progress.table, progress.phase, now)
        }
        let isEnd = progress.done == progress.total && progress.total >= 10_000
        guard isEnd || now - latest >= 1_000_000_000 else { return }
        latest = now
        let rate = Int64(Double(progress.done) / max(0.001, Double(now - since) / 1e9))
        let percent = progress.total == 0 ? 100 : min(100, progress.done * 100 / progress.total)
        Output.note(
            "\(progress.phase.rawValue) \(progress.table): \(progress.done) of \(progress.total) rows (\(percent) %), "
                + "\(rate)/s")
    }
}

/// What a copy has come to.
struct CopyReport {
    let results: [CopyRecords.Result]
    let seconds: Double

    private var rows: Int64 { results.map(\.source.rows).reduce(0, +) }

    var json: JSON {
        [
            "verified": true, "seconds": JSON(Int64(seconds.rounded())), "rows": JSON(rows),
            "tables": JSON(
                results.map { result in
                    [
                        "table": JSON(result.table), "rows": JSON(result.source.rows),
                        "written": JSON(result.written), "removed": JSON(result.removed),
                        "sha256": JSON(result.source.hex),
                    ]
                }),
        ]
    }

    var text: String {
        var table = Table(["TABLE", "ROWS", "WRITTEN", "REMOVED", "SHA-256 OF BOTH"])
        for result in results {
            table.add([
                result.table, "\(result.source.rows)", "\(result.written)", "\(result.removed)",
                String(result.source.hex.prefix(16)) + "…",
            ])
        }
        let seconds = Int64(seconds.rounded())
        return table.text(ifEmpty: "") + "\n\nBoth databases hold the same \(rows) rows (\(seconds) s)."
    }
}

extension CommandFailure {
    init(_ failure: CopyFailure, from source: DatabaseLocation, to target: DatabaseLocation) {
        switch failure {
        case .source(let failure): self.init(failure, doing: "Reading \(source.name)")
        case .target(let failure): self.init(failure, doing: "Writing \(target.name)")
        case .refused(let reason): self.init(reason)
        case .differs(let results): self.init(Self.difference(results, source, target))
        }
    }

    private static func difference(
        _ results: [CopyRecords.Result], _ source: DatabaseLocation, _ target: DatabaseLocation
    ) -> String {
        let others = results.filter { !$0.isEqual }
        let lines = others.map { "\($0.table): \($0.source.rows) rows against \($0.target.rows)" }
        let heading = "The two databases do not hold the same (\(lines.joined(separator: "; "))). "
        guard others.allSatisfy(\.isDisturbed) else {
            return heading + "Something else writes to \(target.name): stop it, and run the same command again."
        }
        return heading + "\(source.name) was written to meanwhile: stop its servers, and run the same command again; "
            + "only what differs is copied."
    }
}
