internal import Dispatch
internal import Foundation
internal import ServiceLifecycle

#if canImport(Glibc)
    internal import Glibc
#endif

/// Gives back the memory of code that is not in use, once the start is done and every ten seconds: some 15 MiB at
/// first, and 3 of what only new connections, timers and look-ups needed.
///
/// Code is mapped from files and the process does not write to it, so that dropping its pages loses nothing: what is in
/// use comes back from the page cache within a millisecond. The kernel maps sixteen pages around each one that is
/// touched, and the code that serves is a tenth of all. What a debugger writes into code, such as a breakpoint, goes
/// too. Systems other than Linux map code page by page; there this does nothing.
struct CodePages: Service {
    private let thread = DispatchQueue(label: "chat-tokens.code-pages")

    func run() async throws {
        await thread.untilShutdown(every: .seconds(10)) { Self.releaseUnused() }
    }

    /// Drops the pages of all code; what is running comes back at once.
    static func releaseUnused() {
        #if canImport(Glibc)
            // Read each time: where a library was that has been unloaded since, there may be data now.
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
