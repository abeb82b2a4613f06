internal import Domain
internal import Foundation
internal import Logging
internal import Tokens

/// Writes each log line as one JSON object to stderr: `time`, `level`, `message`, `logger`, then the metadata.
///
/// A line goes out in one write, so that lines of several threads do not mix. What must not be logged must not be
/// handed over: this knows no secrets and cannot recognise them.
struct JSONLinesHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable ([UInt8]) -> Void

    /// A handler that writes finished lines with `write`.
    init(
        label: String, level: Logger.Level, provider: Logger.MetadataProvider? = nil,
        now: @escaping @Sendable () -> Timestamp, write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.label = label
        logLevel = level
        metadataProvider = provider
        self.now = now
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var merged = metadata
        merged.merge(metadataProvider?.get() ?? [:]) { _, new in new }
        merged.merge(event.metadata ?? [:]) { _, new in new }
        if let error = event.error, merged["error"] == nil { merged["error"] = "\(error)" }
        var line = Array("{\"time\":\"\(Self.text(now()))\",\"level\":\"\(event.level.rawValue)\",\"message\":".utf8)
        line.append(json: event.message.description)
        line.append(text: ",\"logger\":")
        line.append(json: label)
        for (name, value) in merged.sorted(by: { $0.key < $1.key }) where !Self.ownNames.contains(name) {
            line.append(text: ",")
            line.append(json: name)
            line.append(text: ":")
            Self.append(value, to: &line)
        }
        line.append(text: "}\n")
        write(line)
    }

    /// RFC 3339 with milliseconds.
    private static func text(_ moment: Timestamp) -> String {
        let fraction = String(moment.milliseconds - moment.seconds * 1_000)
        let zeros = String(repeating: "0", count: 3 - fraction.count)
        return "\(moment.description.dropLast()).\(zeros)\(fraction)Z"
    }

    private static let ownNames: Set<String> = ["time", "level", "message", "logger"]

    private static func append(_ value: Logger.Metadata.Value, to line: inout [UInt8]) {
        switch value {
        case .string(let text): line.append(json: text)
        case .stringConvertible(let value): line.append(json: value.description)
        case .array(let values):
            line.append(text: "[")
            for (index, value) in values.enumerated() {
                if index > 0 { line.append(text: ",") }
                append(value, to: &line)
            }
            line.append(text: "]")
        case .dictionary(let members):
            line.append(text: "{")
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(text: ",") }
                line.append(json: member.key)
                line.append(text: ":")
                append(member.value, to: &line)
            }
            line.append(text: "}")
        }
    }
}

/// The log of the process.
enum JSONLines {
    /// Sends every logger of the process to stderr as JSON lines; to be called once.
    static func bootstrap(level: Logger.Level) {
        LoggingSystem.bootstrap(
            { label, provider in
                JSONLinesHandler(
                    label: label, level: level, provider: provider, now: World.system.now,
                    write: write)
            }, metadataProvider: nil)
    }

    /// Writes whole lines to stderr; a stderr that is gone or full loses them and nothing else.
    static let write: @Sendable ([UInt8]) -> Void = { lines in
        var rest = lines[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes {
                unsafe Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }
}
