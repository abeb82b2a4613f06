extension Array where Element == UInt8 {
    /// A copy of what a span shows.
    init(copying span: Span<UInt8>) {
        self.init(capacity: span.count) { copy in
            for index in span.indices { copy.append(span[index]) }
        }
    }
}

extension String {
    /// The text that a span shows, with replacement characters where it is not UTF-8.
    init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
