internal import Foundation

/// The lines of a file or of stdin, read piece by piece.
final class Lines {
    private static let piece = 1 << 16
    /// No line of ours is as long; another file is not taken into memory whole.
    private static let longest = 1 << 22

    private let handle: FileHandle
    private let path: String
    private var rest: [UInt8] = []
    private var isAtEnd = false

    /// The file at the path, or stdin for `-`.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        guard let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path) else {
            throw CommandFailure("Cannot read \(path).")
        }
        self.handle = handle
    }

    /// The next line without its line feed; nil at the end.
    func next() throws(CommandFailure) -> [UInt8]? {
        var searched = 0
        while true {
            if let end = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(rest[..<end])
                rest.removeSubrange(...end)
                return line
            }
            searched = rest.count
            guard !isAtEnd else {
                defer { rest = [] }
                return rest.isEmpty ? nil : rest
            }
            guard rest.count < Self.longest else { throw CommandFailure("\(path) has a line longer than 4 MiB.") }
            try fill()
        }
    }

    private func fill() throws(CommandFailure) {
        let data: Data?
        do {
            data = try handle.read(upToCount: Self.piece)
        } catch {
            throw CommandFailure("Cannot read \(path): \(error.localizedDescription)")
        }
        guard let data, !data.isEmpty else {
            isAtEnd = true
            return
        }
        rest.append(contentsOf: data)
    }
}
