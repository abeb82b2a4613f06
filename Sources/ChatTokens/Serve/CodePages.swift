internal import CLinker
internal import Dispatch
internal import ServiceLifecycle

#if canImport(Glibc)
    internal import Glibc
#endif

/// Gives back the memory of code and constants that are not in use, once the start is done and every ten seconds: some
/// 20 MiB at first, and a few of what only new connections, timers and look-ups needed.
///
/// They are mapped from files and the process does not write to them, so that dropping their pages loses nothing: what
/// is in use comes back from the page cache within a millisecond. The kernel maps sixteen pages around each one that is
/// touched, and the code that serves is a tenth of all. What a debugger writes into code, such as a breakpoint, goes
/// too. Systems other than Linux map code page by page; there this does nothing.
struct CodePages: Service {
    private let thread = DispatchQueue(label: "chat-tokens.code-pages")

    func run() async throws {
        await thread.untilShutdown(every: .seconds(10)) { Self.releaseUnused() }
    }

    /// Drops the pages of everything loaded that cannot be written to; what is running comes back at once.
    static func releaseUnused() {
        #if canImport(Glibc)
            // The dynamic linker loads and unloads nothing meanwhile, so that each address is what it says.
            unsafe chat_tokens_each_object { object, _, _ in unsafe CodePages.release(object) }
        #endif
    }

    #if canImport(Glibc)
        private static func release(_ object: UnsafeMutablePointer<chat_tokens_object>?) -> Int32 {
            guard let object = unsafe object?.pointee else { return 0 }
            let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
            for index in 0..<Int(unsafe object.segment_count) {
                let segment = unsafe object.segments[index]
                // Addresses that the linker puts in and then protects lie in segments that say they are writable.
                guard segment.p_type == PT_LOAD, segment.p_flags & UInt32(PF_W) == 0 else { continue }
                let start = unsafe UInt(object.address + segment.p_vaddr) / page * page
                let end = unsafe UInt(object.address + segment.p_vaddr + segment.p_memsz)
                // Advice: a kernel that does not follow it does no harm.
                _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_DONTNEED)
            }
            return 0
        }
    #endif
}
