extension SigningKey {
    /// Appends the raw JOSE signature of `input`, at most `algorithm.maximumSignatureBytes`.
    ///
    /// Throws `privatePartMissing` for a public key; anything else means that libcrypto is broken.
    package func sign(_ input: Span<UInt8>, appendingTo out: inout [UInt8]) throws(TokenFailure) {
        switch mechanism {
        case .hmac(let key):
            let code = key.code(of: input)
            code.withBytes { code in
                out.append(addingCapacity: 32) { for index in code.indices { $0.append(code[index]) } }
            }
        case .asymmetric(let key):
            guard canSign else { throw .privatePartMissing }
            guard key.sign(input, appendingTo: &out) else { throw .cryptographyUnavailable }
        }
    }

    /// Whether `signature` is this key's raw JOSE signature of `input`; constant-time for HS256.
    ///
    /// A signature of another length, a zero or a too large number in it, and a failing libcrypto are all `false`.
    package func verify(_ signature: Span<UInt8>, of input: Span<UInt8>) -> Bool {
        switch mechanism {
        case .hmac(let key):
            key.code(of: input).withBytes { constantTimeEquals($0, signature) }
        case .asymmetric(let key):
            key.verify(signature, of: input)
        }
    }

    /// The first part of this key's tokens: base64url of exactly `{"alg":"…","typ":"…","kid":"…"}`.
    ///
    /// Make it once; `typ` is one of ours and is not escaped.
    package func headerSegment(typ: String) -> [UInt8] {
        let header = "{\"alg\":\"\(algorithm.rawValue)\",\"typ\":\"\(typ)\",\"kid\":\"\(kid)\"}"
        var segment: [UInt8] = []
        Base64URL.append(Array(header.utf8).span, to: &segment)
        return segment
    }

    /// Appends `header.payload.signature` (RFC 7515 §7.1); for HS256 it allocates only if `out` has to grow.
    ///
    /// If it throws, what was appended so far stays: clear `out`.
    package func appendToken(
        headerSegment: [UInt8], payload: Span<UInt8>, to out: inout [UInt8]
    ) throws(TokenFailure) {
        let start = out.count
        out.append(copying: headerSegment.span)
        out.append(UInt8(ascii: "."))
        Base64URL.append(payload, to: &out)
        switch mechanism {
        case .hmac(let key):
            let code = key.code(of: out.span.extracting(start...))
            out.append(UInt8(ascii: "."))
            code.withBytes { Base64URL.append($0, to: &out) }
        case .asymmetric:
            var signature: [UInt8] = []
            try sign(out.span.extracting(start...), appendingTo: &signature)
            out.append(UInt8(ascii: "."))
            Base64URL.append(signature.span, to: &out)
        }
    }

    /// Whether the signature of a token that was cut into `segments` is this key's.
    ///
    /// Compare the header's `alg` with `algorithm` first, or the header, not the key, would have chosen.
    package func verify(_ token: Span<UInt8>, _ segments: TokenSegments) -> Bool {
        let input = token.extracting(segments.signingInput)
        let text = token.extracting(segments.signature)
        if case .hmac(let key) = mechanism {
            return key.code(of: input).withBytes { code in
                var expected = InlineArray<43, UInt8>(repeating: 0)
                var bytes = expected.mutableSpan
                Base64URL.write(code, to: &bytes)
                return constantTimeEquals(expected.span, text)
            }
        }
        var signature: [UInt8] = []
        return Base64URL.decode(text, into: &signature) && verify(signature.span, of: input)
    }
}
