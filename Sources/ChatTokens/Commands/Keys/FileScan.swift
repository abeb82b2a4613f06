internal import Domain
internal import Foundation

/// Looks through files for API keys, piece by piece, so that their size does not matter.
struct FileScan {
    /// A key that was found.
    struct Match {
        let file: String
        let line: Int
        /// The whole key, which is not to be shown.
        let text: String

        /// `file:line`.
        var place: String { "\(file):\(line)" }
    }

    let finder: KeyFinder
    let includesBinaries: Bool
    private(set) var files = 0
    private(set) var skipped = 0
    private(set) var unreadable: [String] = []

    private static let pieceBytes = 256 * 1_024
    /// A text has no zero byte among so many at its beginning; git decides likewise.
    private static let probeBytes = 8_000

    init(finder: KeyFinder, includesBinaries: Bool) {
        self.finder = finder
        self.includesBinaries = includesBinaries
    }

    /// Looks through a file, or through all files in a folder.
    mutating func visit(
        _ path: String, found: (Match) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        // Links are followed where they are named, and nowhere else.
        guard FileManager.default.fileExists(atPath: path) else { throw CommandFailure("There is no \(path).") }
        switch Self.kind(of: URL(fileURLWithPath: path).resolvingSymlinksInPath().path) {
        case .typeRegular?: try look(into: path, found)
        case .typeDirectory?: try visit(folder: path, found)
        default: throw CommandFailure("\(path) is neither a file nor a folder.")
        }
    }

    private mutating func visit(
        folder: String, _ found: (Match) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            unreadable.append(folder)
            return
        }
        for name in names.sorted() where name != ".git" {
            let entry = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            switch Self.kind(of: entry) {
            case .typeRegular?: try look(into: entry, found)
            case .typeDirectory?: try visit(folder: entry, found)
            // A link leads elsewhere; a pipe or a device never ends.
            default: skipped += 1
            }
        }
    }

    private static func kind(of path: String) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    }

    private mutating func look(
        into path: String, _ found: (Match) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            unreadable.append(path)
            return
        }
        defer { try? handle.close() }
        var bytes: [UInt8] = []
        var line = 1
        var isFirst = true
        while true {
            let piece: Data?
            do {
                piece = try handle.read(upToCount: Self.pieceBytes)
            } catch {
                unreadable.append(path)
                return
            }
            if isFirst, !includesBinaries, piece?.prefix(Self.probeBytes).contains(0) == true {
                skipped += 1
                return
            }
            if isFirst { files += 1 }
            isFirst = false
            guard let piece, !piece.isEmpty else { return }
            bytes += piece
            line = try pass(&bytes, from: line, of: path, found)
        }
    }

    /// Reports the keys in the bytes and keeps what may be the beginning of one; returns the line it is in.
    private func pass(
        _ bytes: inout [UInt8], from line: Int, of path: String, _ found: (Match) throws(CommandFailure) -> Void
    ) throws(CommandFailure) -> Int {
        var line = line
        var counted = 0
        func advance(to end: Int) {
            for index in counted..<max(counted, end) where bytes[index] == UInt8(ascii: "\n") { line += 1 }
            counted = max(counted, end)
        }
        var kept = max(0, bytes.count - finder.keyLength + 1)
        for place in finder.places(in: bytes.span) {
            advance(to: place)
            let end = place + finder.keyLength
            try found(Match(file: path, line: line, text: String(decoding: bytes[place..<end], as: UTF8.self)))
            kept = max(kept, end)
        }
        advance(to: kept)
        bytes.removeFirst(kept)
        return line
    }
}
