package import CoreMetrics
internal import Synchronization

/// The metrics of this process behind swift-metrics, rendered in the Prometheus text format 0.0.4.
///
/// Every metric has to be described before it is made: text without `HELP` and `TYPE` is refused by the tools around
/// Prometheus. Handlers count with atomics and never take a lock.
package final class PrometheusRegistry: MetricsFactory {
    private struct Series {
        let labels: String
        let source: any Renderable
    }

    private struct State {
        var help: [String: String] = [:]
        var series: [String: [Series]] = [:]
        var collectors: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// A registry without metrics.
    package init() {}

    /// Says in one sentence what a metric counts.
    package func describe(_ name: String, _ help: String) {
        state.withLock { $0.help[name] = help }
    }

    /// Has the closure bring gauges up to date before each rendering.
    package func beforeRendering(_ collect: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(collect) }
    }

    /// All metrics as text.
    package func render() -> String {
        for collect in state.withLock({ $0.collectors }) { collect() }
        let (help, series) = state.withLock { ($0.help, $0.series) }
        var text = ""
        for (name, all) in series.sorted(by: { $0.key < $1.key }) {
            guard let first = all.first else { continue }
            text += "# HELP \(name) \(help[name] ?? name)\n# TYPE \(name) \(first.source.type)\n"
            for one in all { one.source.render(name, labels: one.labels, to: &text) }
        }
        return text
    }

    private func register<Source: Renderable>(
        _ name: String, _ dimensions: [(String, String)], _ make: () -> Source
    ) -> Source {
        let labels = dimensions.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        return state.withLock { state in
            if let known = state.series[name]?.first(where: { $0.labels == labels })?.source as? Source { return known }
            let source = make()
            state.series[name, default: []].append(Series(labels: labels, source: source))
            return source
        }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        register(label, dimensions, PrometheusCounter.init)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        register(label, dimensions, PrometheusGauge.init)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return register(label, dimensions, PrometheusGauge.init) }
        return register(label, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.counts, scale: 1) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        register(label, dimensions) {
            PrometheusHistogram(bounds: PrometheusHistogram.nanoseconds, scale: 1_000_000_000)
        }
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}

/// One series of a metric.
protocol Renderable: AnyObject, Sendable {
    /// The Prometheus type of the metric.
    var type: String { get }
    /// Appends the lines of the series.
    func render(_ name: String, labels: String, to text: inout String)
}
