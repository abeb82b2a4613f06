internal import Foundation

/// A small document from a file or from the web.
enum Document {
    private static let longest = 1 << 20
    private static let patience = 10

    /// The bytes at a path or an http(s) URL; at most 1 MiB, within 10 seconds.
    static func fetch(_ place: String) throws(CommandFailure) -> [UInt8] {
        let isOnTheWeb = place.hasPrefix("http://") || place.hasPrefix("https://")
        let content = isOnTheWeb ? try download(place) : FileManager.default.contents(atPath: place)
        guard let content else { throw CommandFailure("Cannot read \(place).") }
        guard content.count <= longest else { throw CommandFailure("\(place) is larger than 1 MiB.") }
        return Array(content)
    }

    /// Has curl fetch the URL: an HTTP client linked in would stay in the server's memory for this one command.
    private static func download(_ url: String) throws(CommandFailure) -> Data {
        let curl = Process()
        let answer = Pipe()
        let complaint = Pipe()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = [
            "curl", "--fail", "--silent", "--show-error", "--proto", "=http,https", "--max-time", "\(patience)",
            "--max-filesize", "\(longest)", "--", url,
        ]
        curl.standardOutput = answer
        curl.standardError = complaint
        let content: Data
        do {
            try curl.run()
            content = try answer.fileHandleForReading.readToEnd() ?? Data()
        } catch {
            throw CommandFailure("Cannot fetch \(url): \(error.localizedDescription)")
        }
        curl.waitUntilExit()
        guard curl.terminationStatus == 0 else {
            let reason = (try? complaint.fileHandleForReading.readToEnd()).map { String(decoding: $0, as: UTF8.self) }
            let text = (reason ?? "curl failed").trimmingCharacters(in: .whitespacesAndNewlines)
            throw CommandFailure("Cannot fetch \(url): \(text)")
        }
        return content
    }
}
