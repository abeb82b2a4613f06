internal import CoreMetrics
internal import Synchronization

/// A number that only grows.
final class PrometheusCounter: CounterHandler, Renderable {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        value.add(amount, ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    var type: String { "counter" }

    func render(_ name: String, labels: String, to text: inout String) {
        text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(value.load(ordering: .relaxed))\n"
    }
}

/// A number that goes up and down.
final class PrometheusGauge: MeterHandler, RecorderHandler, Renderable {
    private let bits = Atomic<UInt64>(0)

    func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    func set(_ value: Int64) { set(Double(value)) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func increment(by amount: Double) { change(by: amount) }
    func decrement(by amount: Double) { change(by: -amount) }

    private func change(by amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.compareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    var type: String { "gauge" }

    func render(_ name: String, labels: String, to text: inout String) {
        text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Double(bitPattern: bits.load(ordering: .relaxed)))\n"
    }
}

/// How often values fell under each of a few bounds.
final class PrometheusHistogram: TimerHandler, RecorderHandler, Renderable {
    /// Bounds for durations: 50 µs to 10 s.
    static let nanoseconds: [Int64] = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
        100_000_000, 250_000_000, 1_000_000_000, 10_000_000_000,
    ]
    /// Bounds for numbers of things: 1 to 512.
    static let counts: [Int64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

    /// One more than there are bounds; the last counts what lies above them all.
    private let buckets: [PrometheusCell]
    private let sum = Atomic<Int64>(0)
    private let bounds: [Int64]
    private let scale: Int64

    init(bounds: [Int64], scale: Int64) {
        self.bounds = bounds
        self.scale = scale
        buckets = (0...bounds.count).map { _ in PrometheusCell() }
    }

    func recordNanoseconds(_ duration: Int64) { record(duration) }
    func record(_ value: Double) { record(Int64(value)) }

    func record(_ value: Int64) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        buckets[index].count.add(1, ordering: .relaxed)
        sum.add(value, ordering: .relaxed)
    }

    var type: String { "histogram" }

    func render(_ name: String, labels: String, to text: inout String) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var total: Int64 = 0
        for (index, bound) in bounds.enumerated() {
            total += buckets[index].count.load(ordering: .relaxed)
            text += "\(name)_bucket{\(prefix)le=\"\(Double(bound) / Double(scale))\"} \(total)\n"
        }
        total += buckets[bounds.count].count.load(ordering: .relaxed)
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(total)\n"
        text += "\(name)_sum\(braces) \(Double(sum.load(ordering: .relaxed)) / Double(scale))\n"
        text += "\(name)_count\(braces) \(total)\n"
    }
}

/// An atomic that an array can hold.
final class PrometheusCell: Sendable {
    let count = Atomic<Int64>(0)
}
