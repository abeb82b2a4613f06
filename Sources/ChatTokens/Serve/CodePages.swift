internal import Foundation

#if canImport(Glibc)
    internal import Glibc
#endif

/// The process's code in memory.
enum CodePages {
    /// Gives back the memory of code that only the start needed, some 15 MiB; what serving needs comes back by itself,
    /// from the page cache.
    ///
    /// Code is mapped from files and never written to, so that dropping its pages loses nothing. The kernel maps
    /// sixteen pages around each one that is touched, and most of what reads settings, opens the database and sets up
    /// the router is not touched again. Systems other than Linux map code page by page; there this does nothing.
    static func releaseUnused() {
        #if canImport(Glibc)
            guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return }
            for line in maps.split(separator: "\n") where line.contains(" r-xp ") && line.contains("/") {
                let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt(String($0), radix: 16) }
                guard bounds.count == 2, bounds[0] < bounds[1],
                    let start = unsafe UnsafeMutableRawPointer(bitPattern: bounds[0])
                else { continue }
                // Advice: a kernel that does not follow it does no harm.
                _ = unsafe madvise(start, Int(bounds[1] - bounds[0]), MADV_DONTNEED)
            }
        #endif
    }
}
