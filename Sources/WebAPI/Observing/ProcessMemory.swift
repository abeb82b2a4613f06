internal import Foundation

/// The memory of this process as the kernel counts it.
enum ProcessMemory {
    /// Resident bytes, from `/proc/self/statm`; nil where there is no such file.
    static func residentBytes() -> Int64? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int64(fields[1]) else { return nil }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
