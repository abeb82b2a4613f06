internal import Foundation

#if canImport(FoundationNetworking)
    internal import FoundationNetworking
#endif

/// A small document from a file or from the web.
enum Document {
    private static let longest = 1 << 20
    private static let patience: TimeInterval = 10

    /// The bytes at a path or an http(s) URL; at most 1 MiB, within 10 seconds.
    static func fetch(_ place: String) async throws(CommandFailure) -> [UInt8] {
        let bytes: [UInt8]
        if place.hasPrefix("http://") || place.hasPrefix("https://") {
            bytes = try await download(place)
        } else {
            guard let content = FileManager.default.contents(atPath: place) else {
                throw CommandFailure("Cannot read \(place).")
            }
            bytes = Array(content)
        }
        guard bytes.count <= longest else { throw CommandFailure("\(place) is larger than 1 MiB.") }
        return bytes
    }

    private static func download(_ place: String) async throws(CommandFailure) -> [UInt8] {
        guard let url = URL(string: place) else { throw CommandFailure("\(place) is not a URL.") }
        let status: Int
        let content: Data
        do {
            let request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: patience)
            let (data, response) = try await URLSession.shared.data(for: request)
            content = data
            status = (response as? HTTPURLResponse)?.statusCode ?? 0
        } catch {
            throw CommandFailure("Cannot fetch \(place): \(error.localizedDescription)")
        }
        guard status == 200 else { throw CommandFailure("\(place) answered with status \(status).") }
        return Array(content)
    }
}
