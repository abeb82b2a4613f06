// A libFuzzer target: PlainHead against SwiftNIO's HTTP decoder, see HTTP/Package.swift.

/// Whatever the bytes: a request that is taken is the one the decoder reads, however its bytes arrive.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzHTTP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    for delivery in PlainHeadReference.Delivery.allCases {
        do throws(PlainHeadReference.Disagreement) {
            guard try PlainHeadReference().accepts(bytes, delivery: delivery) else { return 0 }
        } catch {
            fatalError("\(error)")
        }
    }
    return 0
}
