import CoreMetrics
import Dispatch
import Domain
import Testing
import WebAPI

@Suite("Metrics are rendered in the Prometheus text format 0.0.4")
struct PrometheusTests {
    private let registry = PrometheusRegistry()

    @Test("a counter, a gauge and what they are called")
    func numbers() {
        registry.describe("requests_total", "Requests.")
        registry.describe("depth", "Depth.")
        registry.makeCounter(label: "requests_total", dimensions: [("route", "/a"), ("status", "200")]).increment(by: 3)
        registry.makeCounter(label: "requests_total", dimensions: []).increment(by: 1)
        let gauge = registry.makeMeter(label: "depth", dimensions: [])
        gauge.set(7.5)
        gauge.increment(by: 1)
        gauge.decrement(by: 0.5)
        #expect(
            registry.render() == """
                # HELP depth Depth.
                # TYPE depth gauge
                depth 8.0
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{route="/a",status="200"} 3
                requests_total 1

                """)
    }

    @Test("a histogram counts into every bucket at or above a value, sums and counts; durations are in seconds")
    func histogram() {
        let timer = registry.makeTimer(label: "duration_seconds", dimensions: [("lane", "fast")])
        for nanoseconds in [50_000, 50_001, 20_000_000_000] as [Int64] { timer.recordNanoseconds(nanoseconds) }
        let lines = registry.render().split(separator: "\n")
        #expect(lines.contains(#"duration_seconds_bucket{lane="fast",le="5e-05"} 1"#))
        #expect(lines.contains(#"duration_seconds_bucket{lane="fast",le="0.0001"} 2"#))
        #expect(lines.contains(#"duration_seconds_bucket{lane="fast",le="10.0"} 2"#))
        #expect(lines.contains(#"duration_seconds_bucket{lane="fast",le="+Inf"} 3"#))
        #expect(lines.contains(#"duration_seconds_sum{lane="fast"} 20.000100001"#))
        #expect(lines.contains(#"duration_seconds_count{lane="fast"} 3"#))
        #expect(lines.contains("# TYPE duration_seconds histogram"))
    }

    @Test("numbers of things have buckets of their own, and may be unlabelled")
    func counts() {
        let recorder = registry.makeRecorder(label: "size", dimensions: [], aggregate: true)
        for value in [1, 2, 3, 600] as [Int64] { recorder.record(value) }
        let text = registry.render()
        #expect(text.contains("size_bucket{le=\"1.0\"} 1\nsize_bucket{le=\"2.0\"} 2\nsize_bucket{le=\"4.0\"} 3\n"))
        #expect(
            text.contains("size_bucket{le=\"512.0\"} 3\nsize_bucket{le=\"+Inf\"} 4\nsize_sum 606.0\nsize_count 4\n"))
    }

    @Test("one name and one set of labels are one series, however often it is asked for")
    func oneSeries() {
        for _ in 0..<3 { registry.makeCounter(label: "c", dimensions: [("a", "b")]).increment(by: 1) }
        #expect(registry.render().contains("c{a=\"b\"} 3\n"))
    }

    @Test("counting from eight threads loses nothing")
    func concurrent() {
        let counter = registry.makeCounter(label: "c", dimensions: [])
        let gauge = registry.makeMeter(label: "g", dimensions: [])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<5_000 {
                counter.increment(by: 1)
                gauge.increment(by: 1)
            }
        }
        #expect(registry.render().contains("\nc 40000\n") && registry.render().contains("\ng 40000.0\n"))
    }

    @Test("gauges are brought up to date before each rendering")
    func collectors() {
        let gauge = registry.makeMeter(label: "g", dimensions: [])
        registry.beforeRendering { gauge.increment(by: 1) }
        #expect(registry.render().contains("\ng 1.0\n"))
        #expect(registry.render().contains("\ng 2.0\n"))
    }
}

@Suite("The server counts its answers and names nobody in its metrics")
struct ServerMetricsTests {
    @Test("each answer by route template, method, status and lane")
    func answers() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            _ = try await server.answers([
                .post("/tokens", key: key, #"{"userId":"secret-user"}"#), .post("/tokens", key: key, "{"),
                Ask("GET", "/healthz"), Ask("GET", "/t/acme/.well-known/jwks.json"), Ask("GET", "/nowhere/acme"),
                Ask("GET", "/tokens"),
            ])
            let text = server.parts.registry.render()
            let name = "chat_tokens_http_requests_total"
            for labels in [
                #"route="/tokens",method="POST",lane="fast",status="200""#,
                #"route="/tokens",method="POST",lane="fast",status="400""#,
                #"route="/healthz",method="GET",lane="main",status="200""#,
                #"route="/t/{tenant}/.well-known/jwks.json",method="GET",lane="fast",status="200""#,
                #"route="unmatched",method="-",lane="main",status="404""#,
                #"route="unmatched",method="-",lane="main",status="405""#,
            ] {
                #expect(text.contains("\(name){\(labels)} 1\n"), "\(labels)")
            }
            #expect(text.contains("chat_tokens_batch_size_count 1\n"))
            for secret in ["acme", "secret-user", String(key.prefix(20))] { #expect(!text.contains(secret)) }
        }
    }

    @Test("refusals for a limit by their code")
    func refusals() async throws {
        try await withServer { server in
            let key = try server.key(
                try server.addTenant { ($0.rate, $0.burst, $0.quota) = (.set(1), .set(3), .set(1)) })
            for _ in 0..<5 { _ = try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#)) }
            let text = server.parts.registry.render()
            #expect(text.contains(#"chat_tokens_refusals_total{code="quota_exceeded"} 2"#))
            #expect(text.contains(#"chat_tokens_refusals_total{code="rate_limited"} 2"#))
        }
    }
}
