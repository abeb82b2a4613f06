// A libFuzzer target: UnverifiedToken against a slow and obvious reading of the same bytes.
//
// Compiled as one module with Sources/Tokens and the tests' TokenReference.swift, see the Makefile.

/// Whatever the bytes: the same verdict and the same fields as the reference.
///
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzToken(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    check(TokenReference.token(fromFuzzing: [UInt8](UnsafeBufferPointer(start: start, count: count))))
    return 0
}

private func check(_ token: [UInt8]) {
    let expected = token.count <= UnverifiedToken.maximumBytes ? TokenReference(token) : nil
    var payload = Array("kept".utf8)
    do throws(TokenFailure) {
        let read = try UnverifiedToken(token.span, payload: &payload)
        guard let expected else { fatalError("accepted, but the reference refuses") }
        precondition(payload == Array("kept".utf8) + expected.payload)
        precondition(read.algorithm.rawValue.utf8.elementsEqual(expected.algorithm.utf8))
        precondition(read.typ.utf8.elementsEqual(expected.typ.utf8))
        precondition(read.kid.utf8.elementsEqual(expected.kid.utf8))
        precondition(Array(token[read.segments.signingInput]) == expected.signingInput)
        let encoded = Base64URL.encode(expected.payload)
        precondition(token[read.segments.payload].elementsEqual(encoded.utf8))
    } catch {
        precondition(payload == Array("kept".utf8))
        if expected != nil { fatalError("refused, but the reference accepts") }
    }
}
