internal import Dispatch
internal import Foundation
internal import ServiceLifecycle

#if canImport(Glibc)
    internal import Glibc
#endif

/// Gives back the memory of code that is not in use, once the start is done and every ten seconds: some 15 MiB at
/// first, and 5 of what only new connections, timers and look-ups needed.
///
/// Code is mapped from files and never written to, so that dropping its pages loses nothing: what is in use comes back
/// from the page cache within a millisecond. The kernel maps sixteen pages around each one that is touched, and the
/// code that serves is a tenth of all. Systems other than Linux map code page by page; there this does nothing.
struct CodePages: Service {
    private let thread = DispatchQueue(label: "chat-tokens.code-pages")

    func run() async throws {
        await thread.untilShutdown(every: .seconds(10)) { Self.releaseUnused() }
    }

    /// Drops the pages of all code; what is running comes back at once.
    static func releaseUnused() {
        #if canImport(Glibc)
            for range in mappings {
                // Advice: a kernel that does not follow it does no harm.
                unsafe madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
            }
        #endif
    }

    #if canImport(Glibc)
        /// Where code is mapped from files, as it was when the start was done.
        private static let mappings: [Range<UInt>] = {
            guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return [] }
            return maps.split(separator: "\n").compactMap { line in
                guard line.contains(" r-xp "), line.contains("/") else { return nil }
                let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt(String($0), radix: 16) }
                return bounds.count == 2 && bounds[0] < bounds[1] ? bounds[0]..<bounds[1] : nil
            }
        }()
    #endif
}
